"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";

/** `a.txt` → `a (2).txt`, as the home numbers them. */
function besides(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? `${name.slice(0, dot)} (2)${name.slice(dot)}` : `${name} (2)`;
}

/** The name is taken: both, or the new one in the place of the old. */
export function ConflictDialog({
  names,
  onChoice,
  onClose,
}: {
  names: readonly string[];
  onChoice: (choice: "keepBoth" | "replace") => void;
  onClose: () => void;
}) {
  const t = useTranslations("homefiles.conflict");
  const tUi = useTranslations("ui");
  const [name = ""] = names;
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      size="sm"
      title={t("title")}
      footer={
        <>
          <Button onClick={onClose}>{tUi("cancel")}</Button>
          <Button className="text-danger" onClick={() => onChoice("replace")}>
            {t("replace")}
          </Button>
          <Button variant="primary" onClick={() => onChoice("keepBoth")}>
            {t("keepBoth")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-2 text-sm">
        <p className="break-all">{t("text", { name, count: names.length })}</p>
        <p className="break-all text-muted">{t("keepBothHelp", { name: besides(name) })}</p>
        <p className="text-muted">{t("replaceHelp")}</p>
      </div>
    </Dialog>
  );
}
