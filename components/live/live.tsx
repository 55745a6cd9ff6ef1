"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { type Change, listen } from "./stream";

export type { Change } from "./stream";

/** Calls `onChange` for every change of the topics: `user:me`, `experiment:ID`, `workspace:ID`, `admin`. */
export function useLive(topics: readonly string[], onChange: (change: Change) => void): void {
  const latest = useRef(onChange);
  latest.current = onChange;
  const key = topics.join(",");
  useEffect(() => {
    if (!key) return;
    return listen(key.split(","), (change) => latest.current(change));
  }, [key]);
}

/** Draws the server components of this page again when something of the topics changed. */
export function LiveRefresh({ topics, delay = 400 }: { topics: readonly string[]; delay?: number }) {
  const router = useRouter();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
    },
    [],
  );
  useLive(topics, () => {
    // The first change starts the wait, so a busy class still refreshes every `delay`.
    timer.current ??= setTimeout(() => {
      timer.current = null;
      router.refresh();
    }, delay);
  });
  return null;
}
