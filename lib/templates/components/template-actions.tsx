"use client";

import { Archive, ArchiveRestore, Copy } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";
import { archiveTemplateAction, restoreTemplateAction } from "../actions";
import { DuplicateTemplateDialog } from "./duplicate-dialog";

/** What can be done with a whole template. */
export function TemplateActions({
  templateId,
  name,
  archived,
  mayEdit,
}: {
  templateId: string;
  name: string;
  archived: boolean;
  mayEdit: boolean;
}) {
  const t = useTranslations("templates");
  const router = useRouter();
  const archive = useAction(archiveTemplateAction);
  const restore = useAction(restoreTemplateAction);
  const [copying, setCopying] = useState(false);
  const restoreNow = async () => {
    if (!(await restore.run({ templateId }))) return;
    router.refresh();
    toast({ title: t("restored", { name }) });
  };
  const archiveNow = async () => {
    if (!(await archive.run({ templateId }))) return;
    router.refresh();
    toast({
      title: t("archivedNow", { name }),
      undo: { label: t("undo"), run: () => void restoreNow() },
    });
  };
  return (
    <>
      {mayEdit && archived ? (
        <Button
          icon={<ArchiveRestore aria-hidden="true" />}
          busy={restore.busy}
          onClick={() => void restoreNow()}
        >
          {t("restore")}
        </Button>
      ) : null}
      {mayEdit && !archived ? (
        <Button icon={<Archive aria-hidden="true" />} busy={archive.busy} onClick={() => void archiveNow()}>
          {t("archive")}
        </Button>
      ) : null}
      <Button icon={<Copy aria-hidden="true" />} onClick={() => setCopying(true)}>
        {t("duplicate")}
      </Button>
      {copying ? (
        <DuplicateTemplateDialog templateId={templateId} name={name} onClose={() => setCopying(false)} />
      ) : null}
    </>
  );
}
