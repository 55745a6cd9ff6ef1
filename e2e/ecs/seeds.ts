import { env } from "node:process";

/**
 * The seeds of one test: the same ones each time in CI, so that it fails for what was changed; with LONG five minutes of
 * new ones from SEED on; with REPLAY=1 the one in SEED.
 */
export function* seedsOf(count: number, part: number): Generator<number> {
  const { REPLAY, LONG, SEED = "1" } = env;
  if (REPLAY) {
    yield Number(SEED) >>> 0;
    return;
  }
  const first = (LONG ? Number(SEED) : Number(env.FIRST ?? 1)) + part * 1_000_000;
  const until = performance.now() + 5 * 60_000;
  for (let n = 0; LONG ? performance.now() < until : n < count; n++) yield (first + n) >>> 0;
}
