"use client";

import { Ban, RotateCcw, StepForward } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { toast } from "@/components/ui/toast";
import { cancelRunAction, retryRunAction } from "../actions";

/** What an administrator can do with one run: again, as a new run, or end it. */
export function RunActions({
  id,
  over,
  canContinue,
  retried,
}: {
  id: string;
  over: boolean;
  /** It did not come to its end: what is done can be kept. */
  canContinue: boolean;
  retried: boolean;
}) {
  const t = useTranslations("jobs.actions");
  const router = useRouter();
  const retry = useAction(retryRunAction);
  const cancel = useAction(cancelRunAction);
  const again = async (from: "step" | "start") => {
    const answer = await retry.run({ id, from });
    if (answer) router.push(`/admin/jobs/${answer.data.id}`);
  };
  if (!over)
    return (
      <ConfirmDialog
        title={t("cancelTitle")}
        confirm={t("cancel")}
        cancel={t("keep")}
        onConfirm={async () => {
          if (await cancel.run({ id })) toast({ title: t("cancelled") });
          router.refresh();
        }}
        trigger={<Button icon={<Ban aria-hidden="true" />}>{t("cancel")}</Button>}
      >
        {t("cancelText")}
      </ConfirmDialog>
    );
  if (retried) return null;
  return (
    <>
      <Button
        icon={<RotateCcw aria-hidden="true" />}
        busy={retry.busy}
        variant={canContinue ? "secondary" : "primary"}
        onClick={() => void again("start")}
      >
        {t("fromStart")}
      </Button>
      {canContinue ? (
        <Button
          variant="primary"
          icon={<StepForward aria-hidden="true" />}
          busy={retry.busy}
          onClick={() => void again("step")}
        >
          {t("fromStep")}
        </Button>
      ) : null}
    </>
  );
}
