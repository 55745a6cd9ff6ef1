"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Checkbox } from "@/components/ui/checkbox";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { toast } from "@/components/ui/toast";
import { restoreFileAction } from "../actions";

/** Puts one kept file back into the home, beside a file of its name or in its place. */
export function RestoreDialog({
  file,
  onClose,
}: {
  file: { id: string; path: string } | null;
  onClose: () => void;
}) {
  const t = useTranslations("collections.restore");
  const [replace, setReplace] = useState(false);
  const { run } = useAction(restoreFileAction);
  const name = file?.path.split("/").at(-1) ?? "";
  return (
    <ConfirmDialog
      open={file !== null}
      onOpenChange={(open) => {
        if (open) return;
        setReplace(false);
        onClose();
      }}
      danger={replace}
      title={t("title", { name })}
      confirm={t("confirm")}
      onConfirm={async () => {
        if (!file) return;
        const answer = await run({ fileId: file.id, onConflict: replace ? "replace" : "keepBoth" });
        if (answer) toast({ title: t("done", { path: `~/${answer.data.path}` }) });
      }}
    >
      <p>{t("intro")}</p>
      <Checkbox
        className="mt-3"
        checked={replace}
        onChange={(event) => setReplace(event.target.checked)}
        label={<span className="text-text">{t("replace")}</span>}
        help={t(replace ? "replaceHelp" : "keepBothHelp")}
      />
    </ConfirmDialog>
  );
}
