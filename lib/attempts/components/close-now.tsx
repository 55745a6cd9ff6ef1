"use client";

import { CircleStop } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Section } from "@/components/ui/section";
import { toast } from "@/components/ui/toast";
import { closeNowAction } from "../actions";

/** Ends an experiment for everybody at once; asks with the numbers of who is at work and who waits. */
export function CloseNow({
  experimentId,
  activity: { openAttempts, running, waiting },
  section,
}: {
  experimentId: string;
  activity: { openAttempts: number; running: number; waiting: number };
  /** With a heading and what it is for, among other sections. */
  section?: boolean;
}) {
  const t = useTranslations("attempts.closeNow");
  const router = useRouter();
  const close = useAction(closeNowAction);
  const stopped = openAttempts - running - waiting;
  const dialog = (
    <ConfirmDialog
      trigger={<Button icon={<CircleStop aria-hidden="true" />}>{t("button")}</Button>}
      title={t("asks", { running, waiting })}
      confirm={t("confirm")}
      typeToConfirm={openAttempts > 0 ? t("word") : undefined}
      onConfirm={async () => {
        const answer = await close.run({ experimentId });
        if (!answer) return;
        toast({ title: t("done", { count: answer.data.ended }) });
        router.refresh();
      }}
    >
      <p>{t("text")}</p>
      {stopped > 0 ? <p className="mt-1">{t("stopped", { count: stopped })}</p> : null}
    </ConfirmDialog>
  );
  if (!section) return dialog;
  return (
    <Section title={t("title")}>
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-48 flex-1 text-muted text-sm">{t("hint")}</p>
        {dialog}
      </div>
    </Section>
  );
}
