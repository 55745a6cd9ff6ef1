const minute = 60_000;

/** How long before the stop its owner is warned: five minutes, less where the whole time is short. */
export const idleLeadMinutes = (idleMinutes: number): number =>
  Math.max(1, Math.min(5, Math.floor(idleMinutes / 3)));

export type Quiet = {
  /** Minutes without an act after which it is stopped. */
  idleMinutes: number;
  /** The last act of a person, of a program that computes, or when it became ready. */
  lastActAt: Date;
  /** When its owner was warned; a later act takes that back. */
  warnedAt: Date | null;
};

/** When a warned one stops; null: it is not warned. Counted from the warning, so that nothing stops unwarned. */
export function idleStopAt({ idleMinutes, lastActAt, warnedAt }: Quiet): Date | null {
  if (!warnedAt || warnedAt <= lastActAt) return null;
  return new Date(warnedAt.getTime() + idleLeadMinutes(idleMinutes) * minute);
}

/** `near`: warn, unless something computes. `over`: stop, unless something computes. */
export function idlePhase(quiet: Quiet, now: Date): "active" | "near" | "warned" | "over" {
  const stopAt = idleStopAt(quiet);
  if (stopAt) return now >= stopAt ? "over" : "warned";
  const { idleMinutes, lastActAt } = quiet;
  const quietMs = now.getTime() - lastActAt.getTime();
  return quietMs >= (idleMinutes - idleLeadMinutes(idleMinutes)) * minute ? "near" : "active";
}
