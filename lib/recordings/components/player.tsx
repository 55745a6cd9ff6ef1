"use client";

import { Pause, Play } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { cn } from "@/components/ui/class-names";
import { EmptyState } from "@/components/ui/empty-state";
import { IconButton } from "@/components/ui/icon-button";
import { Spinner } from "@/components/ui/spinner";
import { clockText, keyLines } from "../playback";
import type { Mark } from "../queries";
import type { Source } from "./source";
import { usePlayback } from "./use-playback";

const speeds = [1, 2, 4, 8] as const;

/** Replays a recording: the screen as it was, the keys that were pressed, and what happened around it. */
export function RecordingPlayer({
  recordingId,
  kind,
  marks,
}: {
  recordingId: string;
  kind: "desktop" | "terminal";
  marks: readonly Mark[];
}) {
  const t = useTranslations("recordings.player");
  const screen = useRef<HTMLDivElement>(null);
  const { source, failed, retry } = useSource(recordingId, kind, screen);
  const { position, playing, speed, skips, seek, toggle, setSpeed, setSkips } = usePlayback(source);
  const lines = useMemo(() => keyLines(source?.presses ?? []), [source]);
  const duration = source?.duration ?? 0;
  // What an arrow key moves; the end is a whole step too, or a press of End would stop short of it.
  const step = duration > 60_000 ? 1_000 : 100;
  const end = Math.max(step, Math.ceil(duration / step) * step);
  return (
    <section
      aria-label={t("label")}
      data-testid="player"
      data-loaded={source ? "" : undefined}
      data-position={Math.round(position)}
      className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]"
    >
      <div className="min-w-0 overflow-hidden rounded-md border border-border bg-raised">
        <div className="relative aspect-[16/10] max-h-[70dvh] w-full overflow-hidden bg-sunken">
          <div
            ref={screen}
            aria-hidden="true"
            className="absolute inset-0 grid place-items-center font-mono"
          />
          {failed ? (
            <div role="alert" className="absolute inset-0 grid place-items-center bg-raised">
              <EmptyState title={t("failed")} action={<Button onClick={retry}>{t("retry")}</Button>} />
            </div>
          ) : source ? null : (
            <p role="status" className="absolute inset-0 flex items-center justify-center gap-2 text-muted">
              <Spinner />
              {t("loading")}
            </p>
          )}
        </div>
        <div className="flex flex-col gap-1 border-border border-t px-3 py-2">
          <div className="relative">
            <input
              type="range"
              min={0}
              max={end}
              step={step}
              // Always a step: the browser would round it, and React take that for a wish of the person.
              value={position >= duration ? end : Math.floor(position / step) * step}
              disabled={!source}
              aria-label={t("seek")}
              aria-valuetext={t("position", { at: clockText(position), of: clockText(duration) })}
              onChange={(event) => seek(Number(event.target.value))}
              className="block h-6 w-full cursor-pointer accent-accent pointer-coarse:h-10"
            />
            <Ticks marks={marks} duration={duration} />
          </div>
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <IconButton label={t(playing ? "pause" : "play")} disabled={!source} onClick={toggle}>
              {playing ? <Pause aria-hidden="true" /> : <Play aria-hidden="true" />}
            </IconButton>
            <span className="tabular text-sm">
              {clockText(position)} <span className="text-muted">/ {clockText(duration)}</span>
            </span>
            <fieldset className="flex items-center gap-1">
              <legend className="sr-only">{t("speed")}</legend>
              {speeds.map((each) => (
                <Button
                  key={each}
                  size="sm"
                  variant={speed === each ? "secondary" : "ghost"}
                  aria-pressed={speed === each}
                  onClick={() => setSpeed(each)}
                >
                  {t("times", { speed: each })}
                </Button>
              ))}
            </fieldset>
            <Checkbox
              label={t("skip")}
              checked={skips}
              onChange={(event) => setSkips(event.currentTarget.checked)}
            />
          </div>
        </div>
      </div>
      <div className="grid min-w-0 content-start gap-4 sm:grid-cols-2 lg:grid-cols-1">
        <Track title={t("events")} empty={t("noEvents")}>
          {marks.map(({ at, kind: what }) => (
            <MarkRow key={`${what} ${at}`} at={at} position={position} seek={seek} what={what} />
          ))}
        </Track>
        <Track title={t("keys")} empty={t("noKeys")} tall>
          {lines.map(({ at, text }) => (
            <Row key={`${at} ${text}`} at={at} position={position} seek={seek}>
              <span className="min-w-0 break-all font-mono">{text}</span>
            </Row>
          ))}
        </Track>
      </div>
    </section>
  );
}

function useSource(
  recordingId: string,
  kind: "desktop" | "terminal",
  screen: { current: HTMLElement | null },
) {
  const [source, setSource] = useState<Source | null>(null);
  const [failed, setFailed] = useState(false);
  const [tries, setTries] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another try is the same thing once more
  useEffect(() => {
    const place = screen.current;
    if (!place) return;
    const aborted = new AbortController();
    let opened: Source | null = null;
    setFailed(false);
    const open = async () => {
      const url = `/api/recordings/${recordingId}`;
      const { signal } = aborted;
      opened =
        kind === "desktop"
          ? await (await import("./desktop-source")).openDesktop(url, place, signal)
          : await (await import("./terminal-source")).openTerminal(url, place, signal);
      if (signal.aborted) opened.close();
      else setSource(opened);
    };
    // A network that has just changed drops what is on its way.
    const insist = async (tries: number): Promise<void> => {
      try {
        await open();
      } catch {
        if (aborted.signal.aborted) return;
        if (tries === 0) return setFailed(true);
        await new Promise((resolve) => setTimeout(resolve, 500));
        if (!aborted.signal.aborted) await insist(tries - 1);
      }
    };
    void insist(3);
    return () => {
      aborted.abort();
      opened?.close();
      setSource(null);
    };
  }, [recordingId, kind, tries, screen]);
  return { source, failed, retry: () => setTries((now) => now + 1) };
}

/** Where on the bar something happened; said in words by the list beside it. */
function Ticks({ marks, duration }: { marks: readonly Mark[]; duration: number }) {
  if (duration === 0) return null;
  return (
    <div aria-hidden="true" className="pointer-events-none absolute inset-x-2 bottom-0 h-1">
      {marks.map(({ at, kind }) => (
        <span
          key={`${kind} ${at}`}
          style={{ left: `${Math.min(100, (at / duration) * 100)}%` }}
          className="absolute h-1 w-0.5 bg-info"
        />
      ))}
    </div>
  );
}

function Track({
  title,
  empty,
  tall,
  children,
}: {
  title: string;
  empty: string;
  tall?: boolean;
  children: readonly ReactNode[];
}) {
  return (
    <section className="min-w-0 rounded-md border border-border bg-raised">
      <h2 className="border-border border-b px-3 py-2 font-semibold text-sm">{title}</h2>
      {children.length > 0 ? (
        <ol className={cn("overflow-y-auto py-1", tall ? "max-h-80" : "max-h-56")}>{children}</ol>
      ) : (
        <p className="px-3 py-3 text-muted text-sm">{empty}</p>
      )}
    </section>
  );
}

function MarkRow({
  what,
  ...rest
}: {
  what: Mark["kind"];
  at: number;
  position: number;
  seek: (at: number) => void;
}) {
  const t = useTranslations("recordings.marks");
  return <Row {...rest}>{t(what)}</Row>;
}

/** A moment that can be gone to; those already played are told from those to come. */
function Row({
  at,
  position,
  seek,
  children,
}: {
  at: number;
  position: number;
  seek: (at: number) => void;
  children: ReactNode;
}) {
  const t = useTranslations("recordings.player");
  return (
    <li>
      <button
        type="button"
        title={t("jump", { time: clockText(at) })}
        onClick={() => seek(at)}
        className={cn(
          "flex w-full items-baseline gap-3 px-3 py-1 text-left text-sm hover:bg-hover pointer-coarse:min-h-10",
          at > position && "text-muted",
        )}
      >
        <span className="tabular shrink-0 text-muted text-xs">{clockText(at)}</span>
        {children}
      </button>
    </li>
  );
}
