const minute = 60_000;
/** The cloud takes nothing earlier than 30 minutes ahead. */
const leastMs = 35 * minute;
/** So long after the end our own deletion has had its chances. */
const graceMs = 20 * minute;

/** When the cloud itself ends an instance that we should have ended by `deadline`; whole minutes, as it keeps them. */
export function guardTime(now: Date, deadline: Date): Date {
  const at = Math.max(now.getTime() + leastMs, deadline.getTime() + graceMs);
  return new Date(Math.ceil(at / minute) * minute);
}

/** As the API writes it. */
export const guardText = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, "Z");
