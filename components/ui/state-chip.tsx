import type { ReactNode } from "react";
import type { Tone } from "./badge";
import { cn } from "./class-names";

const dots: Record<Tone, string> = {
  neutral: "bg-edge",
  accent: "bg-accent",
  ok: "bg-ok",
  warn: "bg-warn",
  danger: "bg-danger",
  info: "bg-info",
};

/** The dot alone; always with the word beside it. `moving`: something is going on. */
export function StateDot({ tone, moving, className }: { tone: Tone; moving?: boolean; className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={cn(
        "inline-block size-2 shrink-0 rounded-full",
        dots[tone],
        moving && "animate-pulse",
        className,
      )}
    />
  );
}

/** Dot, word, and since when: the one look of a state everywhere. */
export function StateChip({
  tone,
  moving,
  since,
  className,
  children,
}: {
  tone: Tone;
  moving?: boolean;
  since?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <span className={cn("inline-flex items-center gap-1.5 whitespace-nowrap text-base", className)}>
      <StateDot tone={tone} moving={moving} />
      <span className={tone === "neutral" ? "text-muted" : tone === "danger" ? "text-danger" : undefined}>
        {children}
      </span>
      {since ? <span className="text-muted text-xs">{since}</span> : null}
    </span>
  );
}
