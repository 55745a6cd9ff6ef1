"use client";

import { useEffect, useState } from "react";
import { serverNow } from "@/components/ui/server-clock";

/** The server's time, anew every `everyMs`; null until the browser has taken over. */
export function useServerNow(everyMs = 1_000): number | null {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    const tick = () => setNow(serverNow());
    tick();
    const timer = setInterval(tick, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
