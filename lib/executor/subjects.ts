const rowId = /^[0-9A-HJKMNP-TV-Z]{26}$/;

const idsIn = (data: unknown): string[] =>
  data && typeof data === "object"
    ? Object.values(data).filter((value): value is string => typeof value === "string" && rowId.test(value))
    : [];

/** The first two row ids in an event's data (of a failure event: in the data of what failed), to find its runs by. */
export function subjectsOf(data: Record<string, unknown>): {
  subject1: string | null;
  subject2: string | null;
} {
  const failed = data.event as { data?: unknown } | undefined;
  const [subject1 = null, subject2 = null] = [...new Set([...idsIn(failed?.data), ...idsIn(data)])];
  return { subject1, subject2 };
}
