"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { cn } from "./class-names";
import { type CountdownLevel, countdownLevel, crossedMark, splitRest } from "./countdown-rest";
import { serverNow } from "./server-clock";

const looks: Record<CountdownLevel, string> = {
  quiet: "text-muted",
  warn: "text-warn font-medium",
  danger: "text-danger font-medium",
  over: "text-danger font-medium",
};

/** Time left until `deadline` by the server's clock. Minutes above ten, seconds below. */
export function Countdown({
  deadline,
  onOver,
  className,
  bare,
  silent,
}: {
  deadline: string | number | Date;
  onOver?: () => void;
  className?: string;
  /** Only the time, without “剩余”. */
  bare?: boolean;
  /** Says nothing to screen readers by itself: what stands around it does. */
  silent?: boolean;
}) {
  const t = useTranslations("ui.countdown");
  const end = new Date(deadline).getTime();
  const [rest, setRest] = useState<number | null>(null);
  const [spoken, setSpoken] = useState("");

  useEffect(() => {
    let before = Number.POSITIVE_INFINITY;
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const now = end - serverNow();
      setRest(now);
      const mark = crossedMark(before, now);
      if (mark !== null) setSpoken(mark === 0 ? t("over") : t("spoken", { minutes: mark }));
      if (before > 0 && now <= 0 && before !== Number.POSITIVE_INFINITY) onOver?.();
      before = now;
      if (now > 0) timer = setTimeout(tick, now > 660_000 ? 5_000 : (now % 1_000) + 15);
    };
    tick();
    return () => clearTimeout(timer);
  }, [end, onOver, t]);

  if (rest === null) return <span className={cn("tabular inline-block min-w-20", className)}>&nbsp;</span>;
  const level = countdownLevel(rest);
  const { hours, minutes, seconds, precise } = splitRest(rest);
  const text =
    level === "over"
      ? t("over")
      : precise
        ? t("precise", { minutes: String(minutes), seconds: String(seconds).padStart(2, "0") })
        : hours >= 48
          ? t("days", { days: Math.floor(hours / 24), hours: hours % 24 })
          : hours > 0
            ? t("hours", { hours, minutes })
            : t("minutes", { minutes });
  return (
    <span className={cn("tabular whitespace-nowrap", looks[level], className)}>
      <span role="timer" aria-live="off">
        {bare || level === "over" ? text : t("left", { time: text })}
      </span>
      {silent ? null : (
        <span className="sr-only" aria-live="polite">
          {spoken}
        </span>
      )}
    </span>
  );
}
