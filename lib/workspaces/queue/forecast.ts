import { fairOrder, type Holding, type Waiting } from "./order";
import { planPlaces, type Room } from "./plan";

/** Somebody who has room, and when it is expected to be free again (ms since 1970); null: nobody knows. */
export type Holder = Holding & { hostId: string; memoryMb: number; freesAtMs: number | null };
/** Somebody who waits, and for how long they will hold their room once they have it; null: nobody knows. */
export type Forecasted = Waiting & { holdMs: number | null };

const mostEvents = 400;

/**
 * When each who waits will have room (ms since 1970), by playing the queue's own rules forward in time. Who is
 * missing from the answer waits for something that nobody knows the end of.
 */
export function forecastPlaces(
  waiting: readonly Forecasted[],
  holders: readonly Holder[],
  hosts: readonly Room[],
  nowMs: number,
): Map<string, number> {
  const rooms = hosts.map((host) => ({ ...host }));
  const holds = new Map(waiting.map((one) => [one.id, one.holdMs]));
  const found = new Map<string, number>();
  let left: Waiting[] = [...waiting];
  let held: Holder[] = [...holders];
  let at = nowMs;
  for (let events = 0; left.length > 0 && events < mostEvents; events++) {
    const places = planPlaces(fairOrder(left, held, at), rooms, at);
    for (const one of left) {
      const room = rooms.find(({ id }) => id === places.get(one.id));
      if (!room) continue;
      found.set(one.id, at);
      room.freeMemoryMb -= one.memoryMb;
      room.freeDiskMb -= one.diskMb;
      const holdMs = holds.get(one.id) ?? null;
      held.push({ ...one, hostId: room.id, freesAtMs: holdMs === null ? null : at + holdMs });
    }
    left = left.filter(({ id }) => !places.has(id));
    const next = Math.min(...held.map(({ freesAtMs }) => freesAtMs ?? Number.POSITIVE_INFINITY));
    if (!Number.isFinite(next)) break;
    at = Math.max(at, next);
    const freed = held.filter(({ freesAtMs }) => freesAtMs !== null && freesAtMs <= at);
    for (const { hostId, memoryMb } of freed) {
      const room = rooms.find(({ id }) => id === hostId);
      if (room) room.freeMemoryMb += memoryMb;
    }
    held = held.filter((one) => !freed.includes(one));
  }
  return found;
}

/**
 * When each who waits for a turn to boot will have it: `slots` boot at a time, each takes `bootMs`.
 * `begunMs` is when each of those that boot now began.
 */
export function forecastTurns(
  waiting: number,
  begunMs: readonly number[],
  slots: number,
  bootMs: number,
  nowMs: number,
): number[] {
  // One that takes longer than usual is thought to need a tenth more.
  const ends = begunMs.map((begun) => Math.max(begun + bootMs, nowMs + bootMs / 10)).sort((a, b) => a - b);
  const turns: number[] = [];
  for (let n = 0; n < waiting; n++) {
    const at = ends.length < slots ? nowMs : (ends.shift() ?? nowMs);
    turns.push(at);
    ends.push(at + bootMs);
    ends.sort((a, b) => a - b);
  }
  return turns;
}

const middle = 0.5;

/** The value below which this share of the sorted list lies, between its values; null for an empty one. */
export function quantile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  const place = Math.min(sorted.length - 1, Math.max(0, share * sorted.length - middle));
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? low;
  return low + (high - low) * (place - Math.floor(place));
}

/** How long workspaces were held, shortest first: what can be said of those that run now. */
const leastHistory = 3;

/**
 * How much longer each of those that run will be held, by how long such ones were held before. They do not
 * all end at the median: of ten that began together, the first goes early, so each gets its share of the
 * spread. Null where too little is known.
 */
export function remainingHolds(
  elapsedMs: readonly number[],
  historyMs: readonly number[],
): (number | null)[] {
  if (historyMs.length < leastHistory) return elapsedMs.map(() => null);
  const history = [...historyMs].sort((a, b) => a - b);
  const rank = elapsedMs.map((_, index) => index).sort((a, b) => (elapsedMs[b] ?? 0) - (elapsedMs[a] ?? 0));
  const shares = new Map(rank.map((index, place) => [index, (place + middle) / rank.length]));
  return elapsedMs.map((elapsed, index) => {
    const rest = history.filter((ms) => ms > elapsed).map((ms) => ms - elapsed);
    // It has outlasted all before it: a tenth longer than it has lasted.
    return quantile(rest, shares.get(index) ?? middle) ?? Math.max(1_000, elapsed / 10);
  });
}

/** The usual duration, the one in the middle; null where fewer than `least` are known. */
export const usual = (historyMs: readonly number[], least = leastHistory): number | null =>
  historyMs.length < least
    ? null
    : quantile(
        [...historyMs].sort((a, b) => a - b),
        middle,
      );
