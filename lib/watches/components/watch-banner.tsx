"use client";

import { Eye, Hand } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRef } from "react";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { answerControlAction, endControlAction } from "../actions";
import type { WatchView } from "../queries";
import { useWatches } from "./use-watches";

/** Tells a student who looks at their screen, as long as somebody does, and asks before anybody takes part. */
export function WatchBanner({ workspaceId }: { workspaceId: string }) {
  const t = useTranslations("watches");
  const { watches, refetch } = useWatches(workspaceId, true);
  const release = useAction(endControlAction);
  const asking = watches.find(({ state }) => state === "asked");
  const controlling = watches.find(({ state }) => state === "controlling");
  const names = watches.map(({ watcher }) => watcher).join(t("comma"));
  return (
    <>
      <div role="status" data-testid="watched">
        {watches.length > 0 ? (
          <div
            className={cn(
              "flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 border-border border-b px-3 py-1 text-sm",
              controlling ? "bg-danger-soft text-danger" : "bg-warn-soft text-warn",
            )}
          >
            {controlling ? (
              <Hand aria-hidden="true" className="size-4 shrink-0" />
            ) : (
              <Eye aria-hidden="true" className="size-4 shrink-0" />
            )}
            <span className="min-w-0 flex-1">
              {controlling ? t("controlled", { name: controlling.watcher }) : t("watched", { names })}
            </span>
            {controlling ? (
              <Button
                size="sm"
                busy={release.busy}
                onClick={async () => {
                  await release.run({ watchId: controlling.id });
                  void refetch();
                }}
              >
                {t("takeBack")}
              </Button>
            ) : null}
          </div>
        ) : null}
      </div>
      {asking ? <Question key={`${asking.id} ${asking.state}`} watch={asking} answered={refetch} /> : null}
    </>
  );
}

function Question({ watch, answered }: { watch: WatchView; answered: () => unknown }) {
  const t = useTranslations("watches");
  const answer = useAction(answerControlAction);
  const said = useRef(false);
  const say = async (accept: boolean) => {
    // Closing the dialog is a word too, but only where none was said.
    if (said.current) return;
    said.current = true;
    said.current = (await answer.run({ watchId: watch.id, accept })) !== null;
    await answered();
  };
  return (
    <ConfirmDialog
      open
      danger={false}
      title={t("question", { name: watch.watcher })}
      confirm={t("accept")}
      cancel={t("decline")}
      onConfirm={() => say(true)}
      onOpenChange={(open) => {
        if (!open) void say(false);
      }}
    >
      {t("questionText")}
    </ConfirmDialog>
  );
}
