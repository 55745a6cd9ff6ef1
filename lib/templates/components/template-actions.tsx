"use client";

import { Copy } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useArchive } from "@/components/form/use-archive";
import { Button } from "@/components/ui/button";
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
  const { button } = useArchive(archiveTemplateAction, restoreTemplateAction);
  const [copying, setCopying] = useState(false);
  return (
    <>
      {mayEdit ? button({ input: { templateId }, name }, archived) : null}
      <Button icon={<Copy aria-hidden="true" />} onClick={() => setCopying(true)}>
        {t("duplicate")}
      </Button>
      {copying ? (
        <DuplicateTemplateDialog templateId={templateId} name={name} onClose={() => setCopying(false)} />
      ) : null}
    </>
  );
}
