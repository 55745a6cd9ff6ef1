const parts = (at: Date, zone: string): number => {
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
  const value = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, Number(part.value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = value;
  return Date.UTC(year, month - 1, day, hour, minute, second);
};

const offsetAt = (at: Date, zone: string): number => parts(at, zone) - Math.floor(at.getTime() / 1000) * 1000;

/** A moment as `<input type="datetime-local">` wants it, read in `zone`: `2026-11-21T09:30`. */
export function toZonedInput(iso: string | Date | null | undefined, zone: string): string {
  if (!iso) return "";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(parts(at, zone)).toISOString().slice(0, 16);
}

/** What was typed into `datetime-local`, taken as wall time in `zone`, as an ISO moment; "" is null. */
export function fromZonedInput(text: string, zone: string): string | null {
  const wall = Date.parse(`${text}Z`);
  if (!text || Number.isNaN(wall)) return null;
  const guess = new Date(wall - offsetAt(new Date(wall), zone));
  // Around a change of summer time the first guess may have used the other offset.
  return new Date(wall - offsetAt(guess, zone)).toISOString();
}
