"use client";

import { useQuery } from "@tanstack/react-query";
import { CalendarClock } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu";
import { Skeleton } from "@/components/ui/skeleton";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { extendStudentsAction, previewExtensionAction, undoExtensionAction } from "../actions";
import { ExtendDialog } from "./extend-dialog";

export type ExtensionAsked = {
  title: string;
  to: { classId: string } | { userIds: string[] };
  done?: () => void;
};

/** More time for a class or some students: shows whom it reaches before, and can be taken back after. */
export function ExtendStudents({
  experimentId,
  asked,
  onClose,
}: {
  experimentId: string;
  asked: ExtensionAsked | null;
  onClose: () => void;
}) {
  const t = useTranslations("attempts.live");
  const router = useRouter();
  const extend = useAction(extendStudentsAction);
  const undo = useAction(undoExtensionAction);
  const takeBack = async (extensionId: string) => {
    const answer = await undo.run({ experimentId, extensionId });
    if (!answer) return;
    const { kept } = answer.data;
    toast({
      title: t("extensionUndone"),
      description: kept > 0 ? t("extensionKept", { count: kept }) : undefined,
    });
    router.refresh();
  };
  return (
    <ExtendDialog
      open={asked !== null}
      onOpenChange={(open) => open || onClose()}
      title={asked?.title ?? ""}
      onExtend={async (minutes) => {
        if (!asked) return false;
        const answer = await extend.run({ experimentId, minutes, to: asked.to });
        if (!answer) return false;
        const { running, waiting, extensionId } = answer.data;
        if (running + waiting === 0) toast({ title: t("reach.nothing"), kind: "info" });
        else
          toast({
            title: t("extendedReach", { running, waiting, minutes }),
            undo: { label: t("undo"), run: () => void takeBack(extensionId) },
          });
        asked.done?.();
        router.refresh();
        return true;
      }}
      preview={(minutes) =>
        asked ? <Reach experimentId={experimentId} to={asked.to} minutes={minutes} /> : null
      }
    />
  );
}

/** Whom it reaches, and how, as the server counts it. */
function Reach({
  experimentId,
  to,
  minutes,
}: {
  experimentId: string;
  to: ExtensionAsked["to"];
  minutes: number;
}) {
  const t = useTranslations("attempts.live.reach");
  const { data } = useQuery({
    queryKey: ["extension", experimentId, to, minutes],
    queryFn: async () => {
      const answer = await previewExtensionAction({ experimentId, minutes, to });
      return answer.ok ? answer.data : null;
    },
    staleTime: 0,
    placeholderData: (before) => before,
  });
  if (data === undefined) return <Skeleton className="h-5 w-2/3" />;
  if (data === null) return null;
  const { running, waiting, unlimited, done, closesAt } = data;
  return (
    <>
      {running > 0 ? <li>{t("running", { count: running, minutes })}</li> : null}
      {waiting > 0 && closesAt ? (
        <li>
          {t.rich("waiting", {
            count: waiting,
            at: () => <Time at={closesAt} />,
          })}
        </li>
      ) : null}
      {unlimited > 0 ? <li>{t("unlimited", { count: unlimited })}</li> : null}
      {done > 0 ? <li>{t("done", { count: done })}</li> : null}
      {running + waiting + unlimited + done === 0 ? <li>{t("nobody")}</li> : null}
    </>
  );
}

/** The button over the class: everybody in it gets more time, also who has not come yet. */
export function ExtendClassButton({
  classes,
  onAsk,
}: {
  classes: readonly { value: string; label: string }[];
  onAsk: (asked: ExtensionAsked) => void;
}) {
  const t = useTranslations("attempts.live");
  const [only] = classes;
  const ask = ({ value, label }: { value: string; label: string }) =>
    onAsk({ title: t("extendClassTitle", { name: label }), to: { classId: value } });
  if (!only) return null;
  const button = (onClick?: () => void) => (
    <Button icon={<CalendarClock aria-hidden="true" />} onClick={onClick}>
      {t("extendClass")}
    </Button>
  );
  if (classes.length === 1) return button(() => ask(only));
  return (
    <Menu
      trigger={button()}
      entries={classes.map((one) => ({ key: one.value, label: one.label, onSelect: () => ask(one) }))}
    />
  );
}
