"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Checkbox } from "@/components/ui/checkbox";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { resetHomeAction } from "../actions";

/** Asks before a home is taken back to where it began: what goes, what stays, and whether a copy is kept. */
export function ResetDialog({
  attemptId,
  of,
  open,
  onOpenChange,
}: {
  attemptId: string;
  /** Whose it is, where it is not one's own. */
  of?: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const t = useTranslations("workspaces.reset");
  const router = useRouter();
  const [copy, setCopy] = useState(true);
  const { run } = useAction(resetHomeAction);
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={(shown) => {
        setCopy(true);
        onOpenChange(shown);
      }}
      title={of === undefined ? t("title") : t("titleOf", { name: of })}
      confirm={t("confirm")}
      onConfirm={async () => {
        const answer = await run({ attemptId, copy });
        if (of === undefined && answer?.data.workspaceId)
          router.replace(`/workspaces/${answer.data.workspaceId}`);
      }}
    >
      <p>{t(of === undefined ? "gone" : "goneOf")}</p>
      <p className="mt-1">{t("stays")}</p>
      <div className="mt-3">
        <Checkbox
          checked={copy}
          onChange={(event) => setCopy(event.target.checked)}
          label={<span className="text-text">{t("copy")}</span>}
          help={copy ? t("copyHelp") : <span className="text-danger">{t("noCopy")}</span>}
        />
      </div>
    </ConfirmDialog>
  );
}
