"use client";

import { useTranslations } from "next-intl";
import { ReadOnce } from "./read-once";

/** Says over a Windows desktop where files have to be saved, until its student has read it. */
export function DriveNotice({ workspaceId }: { workspaceId: string }) {
  const t = useTranslations("workspaces.drive");
  return (
    <ReadOnce name={`drive-${workspaceId}`} tone="warn" title={t("title")} dismiss={t("dismiss")}>
      {t("text")}
    </ReadOnce>
  );
}
