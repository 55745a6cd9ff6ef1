"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/section";

/** Says over a Windows desktop where files have to be saved, until its student has read it. */
export function DriveNotice({ workspaceId }: { workspaceId: string }) {
  const t = useTranslations("workspaces.drive");
  const key = `labyard-drive-read-${workspaceId}`;
  const [read, setRead] = useState(true);
  useEffect(() => setRead(localStorage.getItem(key) === "1"), [key]);
  if (read) return null;
  return (
    <div role="status">
      <Notice
        tone="warn"
        title={t("title")}
        actions={
          <Button
            size="sm"
            onClick={() => {
              localStorage.setItem(key, "1");
              setRead(true);
            }}
          >
            {t("dismiss")}
          </Button>
        }
      >
        {t("text")}
      </Notice>
    </div>
  );
}
