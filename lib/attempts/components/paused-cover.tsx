"use client";

import { CirclePause, Play } from "lucide-react";
import { useTranslations } from "next-intl";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { Time } from "@/components/ui/time";
import { resumeWorkspaceAction } from "@/lib/consoles/actions";
import type { ScreenView } from "../screen";

/** Lies over the frame of a paused workspace: the page under it stays as it is, and goes on when resumed. */
export function PausedCover({ view }: { view: ScreenView }) {
  const t = useTranslations("workspaces.pause");
  const { run, busy } = useAction(resumeWorkspaceAction);
  return (
    <div className="absolute inset-0 z-10 grid place-items-center bg-surface p-4">
      <div role="status" className="flex max-w-md flex-col items-center gap-2 text-center">
        <CirclePause aria-hidden="true" className="size-8 text-muted" />
        <h2 className="font-semibold text-lg">{t(view.cloud ? "cloud.paused" : "paused")}</h2>
        <p className="text-muted text-sm">
          {t.rich("since", { at: () => <Time at={view.stateAt} mode="time" /> })}
        </p>
        <p className="text-muted text-sm">{t(view.cloud ? "cloud.kept" : "kept")}</p>
        <Button
          variant="primary"
          className="mt-2"
          busy={busy}
          icon={<Play aria-hidden="true" />}
          onClick={() => void run({ workspaceId: view.id })}
        >
          {t("resume")}
        </Button>
      </div>
    </div>
  );
}
