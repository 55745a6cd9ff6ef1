"use client";

import { useCallback, useEffect, useState } from "react";

export type TerminalSettings = { fontSize: number; screenReader: boolean };

const key = "labyard-terminal";
const first: TerminalSettings = { fontSize: 14, screenReader: false };
const sane = ({ fontSize, screenReader }: Partial<TerminalSettings>): TerminalSettings => ({
  fontSize: Math.max(9, Math.min(28, Math.round(Number(fontSize) || first.fontSize))),
  screenReader: screenReader === true,
});

/** How this browser likes its terminals. */
export function useTerminalSettings() {
  const [settings, setSettings] = useState(first);
  useEffect(() => {
    try {
      setSettings(sane(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<TerminalSettings>));
    } catch {
      // Something else wrote there.
    }
  }, []);
  const change = useCallback((wanted: Partial<TerminalSettings>) => {
    setSettings((now) => {
      const next = sane({ ...now, ...wanted });
      localStorage.setItem(key, JSON.stringify(next));
      return next;
    });
  }, []);
  return { settings, change };
}
