"use client";

import { useFormatter, useNow } from "next-intl";
import { cn } from "./class-names";

type At = string | number | Date;
export type TimeMode = "relative" | "datetime" | "date" | "time";

const full = { dateStyle: "medium", timeStyle: "medium" } as const;

/** A moment in the zone of the installation; `relative` (“3 分钟前”) has the exact one as its title. */
export function Time({ at, mode = "datetime", className }: { at: At; mode?: TimeMode; className?: string }) {
  const date = new Date(at);
  return mode === "relative" ? (
    <RelativeTime date={date} className={className} />
  ) : (
    <FixedTime date={date} mode={mode} className={className} />
  );
}

function FixedTime({
  date,
  mode,
  className,
}: {
  date: Date;
  mode: Exclude<TimeMode, "relative">;
  className?: string;
}) {
  const format = useFormatter();
  const now = useNow();
  const yearOf = (at: Date) => format.dateTime(at, { year: "numeric" });
  const year = yearOf(date) === yearOf(now) ? undefined : "numeric";
  const text =
    mode === "time"
      ? format.dateTime(date, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
      : mode === "date"
        ? format.dateTime(date, { year, month: "short", day: "numeric" })
        : format.dateTime(date, {
            year,
            month: "short",
            day: "numeric",
            hour: "2-digit",
            minute: "2-digit",
            hourCycle: "h23",
          });
  return (
    <time
      dateTime={date.toISOString()}
      title={format.dateTime(date, full)}
      className={cn("whitespace-nowrap", className)}
    >
      {text}
    </time>
  );
}

// Intl writes “6分钟前”; our texts have a space between Latin and Han.
const spaced = (text: string) => text.replace(/(\d)(\p{Script=Han})/gu, "$1 $2");

function RelativeTime({ date, className }: { date: Date; className?: string }) {
  const format = useFormatter();
  const now = useNow({ updateInterval: 30_000 });
  return (
    <time
      dateTime={date.toISOString()}
      title={format.dateTime(date, full)}
      className={cn("whitespace-nowrap", className)}
    >
      {spaced(format.relativeTime(date, { now, style: "narrow" }))}
    </time>
  );
}
