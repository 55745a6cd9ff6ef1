import { and, asc, eq, gt, gte, inArray, lt, max } from "drizzle-orm";
import { changes } from "@/db/schema/audit";
import type { Ctx } from "@/lib/platform/context";

/**
 * The tail of the `changes` table, read by one poller a process and handed to whoever listens.
 * Promises: a committed row reaches every listener of its topic at least once, in any commit order,
 * as long as its transaction took less than `window`. Listeners must bear doubles.
 */
export type Change = {
  id: number;
  topic: string;
  kind: string;
  data: Record<string, string | number | boolean | null>;
  at: Date;
};

export type Subscriber = {
  topics: ReadonlySet<string>;
  /** Who listens, to limit how many streams one session holds. */
  owner: string;
  tell: (change: Change) => void;
  /** The process is about to end: close the stream. */
  close: () => void;
};

type Tail = {
  subscribers: Set<Subscriber>;
  /** Everything up to here was read long enough ago that no lower id can still appear. */
  floor: number;
  /** Ids above the floor that were handed on, and when (monotonic ms). */
  seen: Map<number, number>;
  timer: ReturnType<typeof setTimeout> | undefined;
  started: boolean;
  /** Reads now and not at the next interval; while one reads, once more after it. */
  hurry?: () => void;
};

/** Changes of other copies of the service are found so; those of this one are told when they commit. */
const interval = 300;
/** A class that starts at once does not have the tail read for each of its rows. */
const leastInterval = 20;
const window = 10_000;
const page = 1_000;
const streamsPerOwner = 20;

// Next's bundle and server.ts are two module graphs, but may have only one poller.
const shared = globalThis as typeof globalThis & { labyardTail?: Tail };

const tail = (): Tail => {
  shared.labyardTail ??= {
    subscribers: new Set(),
    floor: 0,
    seen: new Map(),
    timer: undefined,
    started: false,
  };
  return shared.labyardTail;
};

type Source = Pick<Ctx, "db" | "clock" | "log">;

const columns = {
  id: changes.id,
  topic: changes.topic,
  kind: changes.kind,
  data: changes.data,
  at: changes.at,
};

/** Starts below the window: what it holds is told again, so that nothing falls between two readings. */
async function start(ctx: Source, state: Tail): Promise<void> {
  const edge = new Date(ctx.clock.now().getTime() - window);
  const [old] = await ctx.db
    .select({ id: max(changes.id) })
    .from(changes)
    .where(lt(changes.at, edge));
  state.floor = old?.id ?? 0;
  state.seen = new Map();
  state.started = true;
}

async function read(ctx: Source, state: Tail): Promise<void> {
  let after = state.floor;
  for (;;) {
    const rows = await ctx.db
      .select(columns)
      .from(changes)
      .where(gt(changes.id, after))
      .orderBy(asc(changes.id))
      .limit(page);
    const now = performance.now();
    for (const row of rows) {
      if (state.seen.has(row.id)) continue;
      state.seen.set(row.id, now);
      for (const subscriber of state.subscribers) if (subscriber.topics.has(row.topic)) subscriber.tell(row);
    }
    const last = rows.at(-1);
    if (rows.length < page || !last) break;
    after = last.id;
  }
  forgetOld(state);
}

function forgetOld(state: Tail): void {
  const edge = performance.now() - window;
  for (const [id, at] of state.seen) if (at < edge && id > state.floor) state.floor = id;
  for (const id of state.seen.keys()) if (id <= state.floor) state.seen.delete(id);
}

function schedule(ctx: Source, state: Tail, wait: number): void {
  let again = false;
  const look = async () => {
    let next = interval;
    state.hurry = () => {
      again = true;
    };
    try {
      if (!state.started) await start(ctx, state);
      await read(ctx, state);
    } catch (error) {
      // The database comes back, or the process ends; listeners keep their streams meanwhile.
      ctx.log.warn({ err: error }, "changes: cannot read the tail");
      next = 2_000;
    }
    if (state.subscribers.size > 0) schedule(ctx, state, again ? Math.min(next, leastInterval) : next);
    else {
      state.timer = undefined;
      state.hurry = undefined;
      state.started = false;
    }
  };
  const since = performance.now();
  state.timer = setTimeout(look, wait);
  state.timer.unref?.();
  state.hurry = () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(look, Math.max(0, leastInterval - (performance.now() - since)));
    state.timer.unref?.();
    state.hurry = undefined;
  };
}

/** Something was committed in this process: who listens hears of it at once. */
export const hurryTail = (): void => shared.labyardTail?.hurry?.();

/** Hands on every change of the topics from now on. Returns what ends it, or null at too many streams. */
export function subscribe(ctx: Source, subscriber: Subscriber): (() => void) | null {
  const state = tail();
  const mine = [...state.subscribers].filter((other) => other.owner === subscriber.owner).length;
  if (mine >= streamsPerOwner) return null;
  state.subscribers.add(subscriber);
  if (!state.timer) schedule(ctx, state, 0);
  return () => {
    state.subscribers.delete(subscriber);
  };
}

/**
 * What a listener may have missed: from a little before its last change, or the last seconds when it
 * comes new (between drawing the page and opening the stream). Null: too old or too much, look again.
 */
export async function missedChanges(
  ctx: Pick<Ctx, "db" | "clock">,
  topics: readonly string[],
  lastId: number | null,
): Promise<Change[] | null> {
  let since = ctx.clock.now().getTime() - window;
  if (lastId !== null) {
    const [row] = await ctx.db.select({ at: changes.at }).from(changes).where(eq(changes.id, lastId));
    if (!row) return null;
    since = row.at.getTime() - window;
  }
  const rows = await ctx.db
    .select(columns)
    .from(changes)
    .where(and(inArray(changes.topic, [...topics]), gte(changes.at, new Date(since))))
    .orderBy(asc(changes.id))
    .limit(201);
  return rows.length > 200 ? null : rows.filter((row) => row.id !== lastId);
}

/** How many streams this process holds open. */
export const subscriberCount = (): number => shared.labyardTail?.subscribers.size ?? 0;

/** Ends every stream of this process; called before it exits. */
export function closeStreams(): void {
  const state = tail();
  for (const subscriber of [...state.subscribers]) subscriber.close();
  state.subscribers.clear();
}
