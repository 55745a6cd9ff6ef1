import { Monitor, Play, SquareTerminal } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { StateChip } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import { Bytes } from "@/lib/workspaces/components/bytes";
import { clockText } from "../playback";
import type { RecordingView } from "../queries";

const tones = { recording: "info", done: "ok", cut: "warn", expired: "neutral" } as const;

/** Recordings in the order they were made, each with the way to its player. */
export function RecordingsList({ recordings }: { recordings: readonly RecordingView[] }) {
  const t = useTranslations("recordings");
  return (
    <ul className="divide-y divide-border">
      {recordings.map(({ id, kind, state, startedAt, durationMs, bytes }) => {
        const Icon = kind === "desktop" ? Monitor : SquareTerminal;
        const line = (
          <>
            <Icon aria-hidden="true" className="size-4 shrink-0 text-muted" />
            <span className="font-medium">{t(`kind.${kind}`)}</span>
            <Time at={startedAt} className="text-muted text-sm" />
            <span className="tabular text-muted text-sm">{clockText(durationMs)}</span>
            {bytes > 0 ? <Bytes value={bytes} className="tabular text-muted text-sm" /> : null}
            <span className="flex-1" />
            <StateChip tone={tones[state]}>{t(`state.${state}`)}</StateChip>
          </>
        );
        const look = "flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2";
        return (
          <li key={id}>
            {state === "done" || state === "cut" ? (
              <Link href={`/recordings/${id}`} className={`${look} hover:bg-hover`}>
                {line}
                <span className="inline-flex items-center gap-1 text-accent text-sm">
                  <Play aria-hidden="true" className="size-4" />
                  {t("open")}
                </span>
              </Link>
            ) : (
              <div className={look}>{line}</div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
