"use client";

let offset = 0;

/** The server's time, told with every page and by the live stream: a wrong clock in a lab PC changes nothing. */
export function setServerNow(now: number): void {
  offset = now - Date.now();
}

export const serverNow = (): number => Date.now() + offset;
