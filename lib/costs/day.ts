/** The calendar of an installation: its days in its zone, as moments. */

const partsOf = (at: Date, zone: string) => {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
};

/** The day of a moment, as `2026-09-10`. */
export function dayOf(at: Date, zone: string): string {
  const { year, month, day } = partsOf(at, zone);
  return `${year}-${month}-${day}`;
}

const wall = (at: Date, zone: string): number => {
  const { year, month, day, hour, minute, second } = partsOf(at, zone);
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
};

/** When a day begins. */
export function startOf(day: string, zone: string): Date {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const guess = new Date(2 * midnight - wall(new Date(midnight), zone));
  // Around a change of summer time the first guess may have used the other offset.
  return new Date(guess.getTime() + midnight - wall(guess, zone));
}

/** The day so many days later. */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

export type Period = {
  /** First and last day. */
  first: string;
  last: string;
  /** Their begin, and the begin of the day after. */
  from: Date;
  until: Date;
  /** Every day of it. */
  days: string[];
};

const most = 366;

/** The asked days, at most a year and the last 30 days where nothing is asked; in order, whoever mixed them up. */
export function periodOf(asked: { from?: string; until?: string }, now: Date, zone: string): Period {
  const today = dayOf(now, zone);
  const until = asked.until ?? (asked.from && asked.from > today ? asked.from : today);
  const from = asked.from ?? addDays(until, -29);
  const [first, end] = from <= until ? [from, until] : [until, from];
  const days: string[] = [];
  for (let day = first; day <= end && days.length < most; day = addDays(day, 1)) days.push(day);
  const last = days.at(-1) ?? first;
  return { first, last, from: startOf(first, zone), until: startOf(addDays(last, 1), zone), days };
}
