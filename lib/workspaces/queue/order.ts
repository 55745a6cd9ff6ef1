/** Somebody who waits for room on a host. */
export type Waiting = {
  id: string;
  /** The class through which they came; null: they wait on their own account. */
  classId: string | null;
  userId: string | null;
  memoryMb: number;
  /** What their home has yet to grow by. */
  diskMb: number;
  /** The kind of host it needs; which one, if their home lies there or the template names it; null: any. */
  driver: "docker" | "ecs";
  hostId: string | null;
  sinceMs: number;
};

/** What holds memory now, or will in a forecast. */
export type Holding = { classId: string | null; userId: string | null };

/** Waiting for so long counts as much as one running workspace less of the class: nobody waits for ever. */
export const agingMs = 5 * 60_000;
/** Whoever has so many running already stands as if they had come so much later, within their class. */
const secondOneMs = 10 * 60_000;

const groupOf = ({ classId, userId }: Holding): string => classId ?? `person:${userId}`;

/**
 * The order in which they get room: round robin over classes, the one with the fewest running first; within a
 * class who waits longest, students with nothing running before others. Pure, and the same in every copy of the service.
 */
export function fairOrder(
  waiting: readonly Waiting[],
  holding: readonly Holding[],
  nowMs: number,
): Waiting[] {
  const running = new Map<string, number>();
  const own = new Map<string, number>();
  for (const one of holding) {
    const group = groupOf(one);
    running.set(group, (running.get(group) ?? 0) + 1);
    if (one.userId) own.set(one.userId, (own.get(one.userId) ?? 0) + 1);
  }
  const standsAt = (one: Waiting) =>
    one.sinceMs + (one.userId ? (own.get(one.userId) ?? 0) : 0) * secondOneMs;
  const groups = new Map<string, Waiting[]>();
  for (const one of waiting) {
    const group = groupOf(one);
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  for (const list of groups.values()) {
    list.sort((a, b) => standsAt(a) - standsAt(b) || byAge(a, b));
  }
  const order: Waiting[] = [];
  while (groups.size > 0) {
    let best: { group: string; head: Waiting; load: number } | undefined;
    for (const [group, [head]] of groups) {
      if (!head) continue;
      const load = (running.get(group) ?? 0) - Math.floor(Math.max(0, nowMs - head.sinceMs) / agingMs);
      if (!best || load < best.load || (load === best.load && byAge(head, best.head) < 0)) {
        best = { group, head, load };
      }
    }
    if (!best) break;
    order.push(best.head);
    running.set(best.group, (running.get(best.group) ?? 0) + 1);
    const rest = groups.get(best.group)?.slice(1) ?? [];
    if (rest.length > 0) groups.set(best.group, rest);
    else groups.delete(best.group);
  }
  return order;
}

const byAge = (a: Waiting, b: Waiting) => a.sinceMs - b.sinceMs || (a.id < b.id ? -1 : 1);
