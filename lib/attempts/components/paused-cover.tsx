"use client";

import { CirclePause, Play } from "lucide-react";
import { useTranslations } from "next-intl";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/section";
import { Spinner } from "@/components/ui/spinner";
import { Time } from "@/components/ui/time";
import { resumeWorkspaceAction } from "@/lib/consoles/actions";
import type { ScreenView } from "../screen";

/** Lies over the frame of a paused workspace: the page under it stays as it is, and goes on when resumed. */
export function PausedCover({ view }: { view: ScreenView }) {
  const t = useTranslations("workspaces.pause");
  const { run, busy } = useAction(resumeWorkspaceAction);
  const waking = view.step === "wake";
  return (
    <div className="absolute inset-0 z-10 grid place-items-center bg-surface p-4">
      <div role="status" className="flex max-w-md flex-col items-center gap-2 text-center">
        {waking ? (
          <Spinner className="size-8 text-muted" />
        ) : (
          <CirclePause aria-hidden="true" className="size-8 text-muted" />
        )}
        <h2 className="font-semibold text-lg">
          {t(waking ? "cloud.waking" : view.cloud ? "cloud.paused" : "paused")}
        </h2>
        {waking ? (
          <p className="text-muted text-sm">{t("cloud.wakingText")}</p>
        ) : (
          <>
            <p className="text-muted text-sm">
              {t.rich("since", { at: () => <Time at={view.stateAt} mode="time" /> })}
            </p>
            {view.wake ? <NotWoken why={view.wake} /> : null}
            <p className="text-muted text-sm">{t(view.cloud ? "cloud.kept" : "kept")}</p>
            <Button
              variant="primary"
              className="mt-2"
              // The frame under it is inert now, and the keyboard was in it.
              autoFocus
              busy={busy}
              icon={<Play aria-hidden="true" />}
              onClick={() => void run({ workspaceId: view.id })}
            >
              {t("resume")}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}

/** What the cloud said, that nothing is lost, and what else there is to do. */
function NotWoken({ why }: { why: string }) {
  const t = useTranslations("workspaces.pause.cloud");
  const errors = useTranslations("errors");
  // Its own sentence promises another try, and this wait is over.
  const gaveUp = why === "cloud.notReady";
  const params = { code: "", action: "", account: "", reasons: "", seconds: 0, count: 0 };
  return (
    <Notice tone="warn" title={t("notWoken")}>
      {gaveUp ? <p>{t("notAnswered")}</p> : null}
      {!gaveUp && errors.has(why as never) ? <p>{errors(why as never, params as never)}</p> : null}
      <p>{t("notWokenNext")}</p>
    </Notice>
  );
}
