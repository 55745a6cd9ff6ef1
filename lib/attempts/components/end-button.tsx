"use client";

import { useTranslations } from "next-intl";
import type { ReactElement } from "react";
import { useAction } from "@/components/form/use-action";
import { Button, type ButtonProps } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { toast } from "@/components/ui/toast";
import { endAttemptAction } from "../actions";

type Ending = {
  attemptId: string;
  /** One's own, with the attempts that remain (null: unlimited); or a student's. */
  of: { left: number | null } | { name: string };
  /** On an instance, which is released: of what is there, only the home stays. */
  cloud: boolean;
};

/** Asks before an attempt ends for good, and says what is kept. */
export function EndAttemptDialog({
  attemptId,
  of,
  cloud,
  ...dialog
}: Ending & {
  trigger?: ReactElement<Record<string, unknown>>;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}) {
  const t = useTranslations("attempts");
  const { run } = useAction(endAttemptAction);
  return (
    <ConfirmDialog
      {...dialog}
      title={"name" in of ? t("live.endOne", { name: of.name }) : t("end.title")}
      confirm={t("end.confirm")}
      onConfirm={async () => {
        if (await run({ attemptId })) toast({ title: t("end.done") });
      }}
    >
      {"name" in of ? (
        <p>{t(cloud ? "live.cloud.endText" : "live.endText")}</p>
      ) : (
        <>
          <p>{t(cloud ? "end.cloud" : "end.kept")}</p>
          <p className="mt-1">
            {of.left === null
              ? t("end.leftUnlimited")
              : of.left > 0
                ? t("end.left", { count: of.left })
                : t("end.last")}
          </p>
        </>
      )}
    </ConfirmDialog>
  );
}

export function EndAttemptButton({
  attemptId,
  of,
  cloud,
  ...button
}: Ending & Pick<ButtonProps, "size" | "variant" | "className">) {
  const t = useTranslations("attempts.actions");
  return (
    <EndAttemptDialog
      attemptId={attemptId}
      of={of}
      cloud={cloud}
      trigger={<Button {...button}>{t("end")}</Button>}
    />
  );
}
