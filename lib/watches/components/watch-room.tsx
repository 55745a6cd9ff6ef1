"use client";

import { Eye, Hand, Monitor, SquareTerminal } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { StateChip } from "@/components/ui/state-chip";
import { askControlAction, endControlAction, endWatchAction, startWatchAction } from "../actions";
import type { WatchView } from "../queries";

/** The button with which staff begins to look; from then on the student sees that they do. */
export function WatchButton({ workspaceId, begun }: { workspaceId: string; begun: () => unknown }) {
  const t = useTranslations("watches");
  const start = useAction(startWatchAction);
  return (
    <Button
      variant="primary"
      busy={start.busy}
      icon={<Eye aria-hidden="true" />}
      onClick={async () => {
        if (await start.run({ workspaceId })) await begun();
      }}
    >
      {t("start")}
    </Button>
  );
}

type Place = "desktop" | "terminal";

/** What staff sees of a student's screen: a bar that says how far they may go, and below it the screen. */
export function WatchRoom({
  watch,
  name,
  changed,
  places,
}: {
  watch: WatchView;
  name: string;
  changed: () => unknown;
  /** What there is to look at; drawn anew when the mode changes. */
  places: Partial<Record<Place, (mode: "use" | "watch") => ReactNode>>;
}) {
  const t = useTranslations("watches");
  const ask = useAction(askControlAction);
  const release = useAction(endControlAction);
  const end = useAction(endWatchAction);
  const kinds = (["desktop", "terminal"] as const).filter((kind) => places[kind]);
  const [chosen, setChosen] = useState<Place>(kinds[0] ?? "desktop");
  const mode = watch.state === "controlling" ? "use" : "watch";
  const run = async (work: Promise<unknown>) => {
    await work;
    await changed();
  };
  return (
    <section aria-label={t("room", { name })} className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="flex min-h-10 flex-wrap items-center gap-2 border-border border-b bg-raised px-3 py-1">
        <Eye aria-hidden="true" className="size-4 shrink-0 text-muted" />
        <span className="min-w-0 truncate font-medium">{t("room", { name })}</span>
        <span aria-live="polite">
          <StateChip tone={mode === "use" ? "danger" : watch.state === "asked" ? "warn" : "info"}>
            {t(`state.${watch.state}`)}
          </StateChip>
        </span>
        <span className="flex-1" />
        {kinds.length > 1 ? (
          <fieldset className="flex gap-1">
            <legend className="sr-only">{t("what")}</legend>
            {kinds.map((kind) => (
              <Button
                key={kind}
                size="sm"
                variant={chosen === kind ? "secondary" : "ghost"}
                aria-pressed={chosen === kind}
                icon={
                  kind === "desktop" ? <Monitor aria-hidden="true" /> : <SquareTerminal aria-hidden="true" />
                }
                onClick={() => setChosen(kind)}
              >
                {t(kind)}
              </Button>
            ))}
          </fieldset>
        ) : null}
        {watch.state === "watching" ? (
          <Button
            size="sm"
            busy={ask.busy}
            icon={<Hand aria-hidden="true" />}
            onClick={() => void run(ask.run({ watchId: watch.id }))}
          >
            {t("ask")}
          </Button>
        ) : (
          <Button size="sm" busy={release.busy} onClick={() => void run(release.run({ watchId: watch.id }))}>
            {t(watch.state === "asked" ? "withdraw" : "handBack")}
          </Button>
        )}
        <Button size="sm" busy={end.busy} onClick={() => void run(end.run({ watchId: watch.id }))}>
          {t("end")}
        </Button>
      </div>
      <div
        key={mode}
        className={cn("relative flex min-h-0 flex-1", mode === "use" && "ring-2 ring-danger ring-inset")}
      >
        {places[chosen]?.(mode)}
      </div>
    </section>
  );
}
