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
  const here = useRef(false);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
      if (timer.current) clearTimeout(timer.current);
      timer.current = null;
    };
  }, []);
  const refresh = async () => {
    // A refresh that fails would put an error page in the place of this one, and what was typed would be lost.
    const drawable = await canDraw();
    if (!here.current) return;
    timer.current = drawable ? null : setTimeout(refresh, againMs);
    if (drawable) router.refresh();
  };
  useLive(topics, () => {
    // The first change starts the wait, so a busy class still refreshes every `delay`.
    timer.current ??= setTimeout(refresh, delay);
  });
  return null;
}

const againMs = 2_000;

const canDraw = (): Promise<boolean> =>
  fetch("/api/drawable", { method: "HEAD", signal: AbortSignal.timeout(10_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
