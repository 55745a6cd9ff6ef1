"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { startFromAction } from "../actions";

/** Goes on from what was kept: in the open attempt, or in a new one. */
export function StartFromButton({
  collection,
  hasOpen,
}: {
  collection: { id: string; files: number; skipped: number };
  /** An attempt of the task is open: its home is what is made anew. */
  hasOpen: boolean;
}) {
  const t = useTranslations("collections.startFrom");
  const router = useRouter();
  const [copy, setCopy] = useState(true);
  const { run } = useAction(startFromAction);
  const { id: collectionId, files, skipped } = collection;
  return (
    <ConfirmDialog
      trigger={
        <Button size="sm" variant="ghost">
          {t("button")}
        </Button>
      }
      danger={hasOpen}
      title={t(hasOpen ? "titleOpen" : "titleNew")}
      confirm={t("confirm")}
      onConfirm={async () => {
        const answer = await run({ collectionId, copy: hasOpen && copy });
        if (answer?.data.workspaceId) router.push(`/workspaces/${answer.data.workspaceId}`);
      }}
    >
      <p>{t(hasOpen ? "textOpen" : "textNew", { files })}</p>
      {skipped > 0 ? <p className="mt-1">{t("skipped", { count: skipped })}</p> : null}
      {hasOpen ? (
        <Checkbox
          className="mt-3"
          checked={copy}
          onChange={(event) => setCopy(event.target.checked)}
          label={<span className="text-text">{t("copy")}</span>}
        />
      ) : null}
    </ConfirmDialog>
  );
}
