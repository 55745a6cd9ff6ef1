"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { skipIdle } from "../playback";
import type { Source } from "./source";

const tickMs = 50;

/** Plays a source on a clock of its own: at any speed, over idle stretches, from wherever it is put. */
export function usePlayback(source: Source | null) {
  const [position, setPosition] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(1);
  const [skips, setSkips] = useState(true);
  const at = useRef(0);
  const settings = useRef({ speed, skips });
  settings.current = { speed, skips };
  const showing = useRef<Promise<void> | null>(null);
  const wanted = useRef<number | null>(null);

  /** Shows a moment; of many that are asked for while one is drawn, the last. */
  const show = useCallback(
    (to: number) => {
      if (!source) return;
      at.current = Math.min(Math.max(0, to), source.duration);
      setPosition(at.current);
      wanted.current = at.current;
      showing.current ??= (async () => {
        while (wanted.current !== null) {
          const next = wanted.current;
          wanted.current = null;
          await source.seek(next);
        }
        showing.current = null;
      })();
    },
    [source],
  );

  useEffect(() => show(0), [show]);
  useEffect(() => {
    if (!source || !playing) return;
    let before = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      const passed = now - before;
      before = now;
      // Drawing that is late holds the clock, or fast playback would jump.
      if (showing.current) return;
      const { speed, skips } = settings.current;
      const next = at.current + passed * speed;
      show(skips ? skipIdle(next, source.idle) : next);
      if (at.current >= source.duration) setPlaying(false);
    }, tickMs);
    return () => clearInterval(timer);
  }, [source, playing, show]);

  const toggle = useCallback(() => {
    if (source && at.current >= source.duration) show(0);
    setPlaying((now) => !now);
  }, [source, show]);
  return { position, playing, speed, skips, seek: show, toggle, setSpeed, setSkips };
}
