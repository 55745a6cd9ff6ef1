"use client";

import { Camera, CirclePause, Clock, Eraser, Play, RotateCcw, Square } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { FreezeDialog } from "@/lib/clouds/components/freeze-dialog";
import { pauseWorkspaceAction, resumeWorkspaceAction } from "@/lib/consoles/actions";
import { restartWorkspaceAction, stopWorkspaceAction } from "@/lib/workspaces/actions";
import { useTellEach } from "@/lib/workspaces/components/use-tell-each";
import { extendAttemptsAction } from "../actions";
import type { ScreenView } from "../screen";
import { ExtendDialog } from "./extend-dialog";
import { ResetDialog } from "./reset-dialog";

/** What staff of the course (and, for stopping, an administrator) can do for one student's workspace. */
export function StaffActions({ view }: { view: ScreenView }) {
  const t = useTranslations("attempts.live");
  const stop = useAction(stopWorkspaceAction);
  const restart = useAction(restartWorkspaceAction);
  const pause = useAction(pauseWorkspaceAction);
  const resume = useAction(resumeWorkspaceAction);
  const extend = useAction(extendAttemptsAction);
  const tell = useTellEach();
  const [extending, setExtending] = useState(false);
  const [resetting, setResetting] = useState(false);
  const [freezing, setFreezing] = useState(false);
  const tFreeze = useTranslations("clouds.freeze");
  const tPause = useTranslations("workspaces.pause.cloud");
  const tReset = useTranslations("workspaces.reset");
  const live = !["stopping", "stopped", "failed"].includes(view.state);
  const name = view.owner.name;
  const mayExtend = view.staff && view.attempt.state === "open" && view.attempt.startedAt !== null;
  const mayReset = live && mayExtend;
  if (!live && !mayExtend) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {mayExtend ? (
        <Button icon={<Clock aria-hidden="true" />} onClick={() => setExtending(true)}>
          {t("extend")}
        </Button>
      ) : null}
      {view.state === "ready" ? (
        <ConfirmDialog
          trigger={
            <Button icon={<CirclePause aria-hidden="true" />}>
              {view.cloud ? tPause("pause") : t("pause")}
            </Button>
          }
          danger={false}
          title={t("pauseOne", { name })}
          confirm={view.cloud ? tPause("confirm") : t("pause")}
          onConfirm={() => pause.run({ workspaceId: view.id })}
        >
          {view.cloud ? tPause("staff") : t("pauseText")}
        </ConfirmDialog>
      ) : null}
      {view.state === "paused" ? (
        <Button
          busy={resume.busy}
          icon={<Play aria-hidden="true" />}
          onClick={() => void resume.run({ workspaceId: view.id })}
        >
          {t("resume")}
        </Button>
      ) : null}
      {live ? (
        <>
          <ConfirmDialog
            trigger={<Button icon={<RotateCcw aria-hidden="true" />}>{t("restart")}</Button>}
            title={t("restartOne", { name })}
            confirm={t("restart")}
            onConfirm={() => restart.run({ workspaceId: view.id })}
          >
            {t(view.cloud ? "cloud.restartText" : "restartText")}
          </ConfirmDialog>
          <ConfirmDialog
            trigger={<Button icon={<Square aria-hidden="true" />}>{t("stop")}</Button>}
            title={t("stopOne", { name })}
            confirm={t("stop")}
            onConfirm={() => stop.run({ workspaceId: view.id })}
          >
            {t(view.cloud ? "cloud.stopText" : "stopText")}
          </ConfirmDialog>
        </>
      ) : null}
      {mayReset ? (
        <>
          <Button icon={<Eraser aria-hidden="true" />} onClick={() => setResetting(true)}>
            {tReset("menu")}
          </Button>
          <ResetDialog attemptId={view.attempt.id} of={name} open={resetting} onOpenChange={setResetting} />
        </>
      ) : null}
      {view.cloud?.mayFreeze && (view.state === "ready" || view.state === "paused") ? (
        <>
          <Button icon={<Camera aria-hidden="true" />} onClick={() => setFreezing(true)}>
            {tFreeze("menu")}
          </Button>
          <FreezeDialog workspaceId={view.id} open={freezing} onOpenChange={setFreezing} />
        </>
      ) : null}
      <ExtendDialog
        open={extending}
        onOpenChange={setExtending}
        title={t("extendOne", { name })}
        onExtend={async (minutes) => {
          const result = await extend.run({ attemptIds: [view.attempt.id], minutes });
          return result !== null && tell(result.data, (count) => t("extended", { count, minutes }));
        }}
      />
    </div>
  );
}
