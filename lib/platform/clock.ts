export interface Clock {
  /** Now, as the database sees it, UTC. */
  now(): Date;
}

type Anchor = { at: number; mark: number };

const shared = globalThis as typeof globalThis & { labyardClock?: Anchor };

/** Tells the clock what time the database has; called at start and every 30 s by server.ts. */
export function anchorClock(databaseNow: Date): void {
  shared.labyardClock = { at: databaseNow.getTime(), mark: performance.now() };
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
