export interface Clock {
  /** Now, as the database sees it, UTC. */
  now(): Date;
}

type Anchor = { at: number; mark: number };

const shared = globalThis as typeof globalThis & { labyardClock?: Anchor };

/** An answer that took longer says too little: the database hung, or this process was frozen. */
const longestMs = 200;

/**
 * Tells the clock what time the database has, and since when (`performance.now()`) it was being asked: it
 * answered about half-way. Called at start and every 30 s by server.ts. The first answer counts whatever it took.
 */
export function anchorClock(databaseNow: Date, askedAt: number): void {
  const now = performance.now();
  if (shared.labyardClock && now - askedAt > longestMs) return;
  shared.labyardClock = { at: databaseNow.getTime(), mark: (askedAt + now) / 2 };
}

/** Database time carried on by the monotonic clock: a jump of the host's wall clock ends no attempt. */
export const systemClock: Clock = {
  now: () => {
    const anchor = shared.labyardClock;
    return new Date(anchor ? anchor.at + (performance.now() - anchor.mark) : Date.now());
  },
};

/** A clock for tests: stands still until it is moved. */
export function fixedClock(start: Date | string): Clock & { advance(ms: number): void } {
  let at = new Date(start).getTime();
  return {
    now: () => new Date(at),
    advance: (ms) => {
      at += ms;
    },
  };
}
