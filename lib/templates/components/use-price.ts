"use client";

/** What the chosen instance costs, micro-yuan an hour; null: not known (yet). */
export function usePrice(
  _enabled: boolean,
): { onDemand: number; spot: number | null; resting: number } | null {
  return null;
}
