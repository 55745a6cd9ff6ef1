import type { Clock } from "@/lib/platform/clock";
import { systemClock } from "@/lib/platform/clock";
import { liveCopies } from "@/lib/platform/copies";
import { env } from "@/lib/platform/env";
import { CloudError } from "./cloud-error";

type Bucket = {
  /** When the last calls were, or are going to be, made; ms. */
  slots: number[];
  blockedUntil: number;
  /** After a block one call a second, until then. */
  probeUntil: number;
};

const second = 1_000;
const minute = 60_000;
/** So long a call waits for its turn; who would wait longer is told to come again. */
const patienceMs = 10_000;

// Next's bundle and server.ts spend one budget.
const shared = globalThis as typeof globalThis & { labyardCloudBudget?: Map<string, Bucket> };

function bucketOf(key: string): Bucket {
  shared.labyardCloudBudget ??= new Map();
  const known = shared.labyardCloudBudget.get(key);
  if (known) return known;
  const made = { slots: [], blockedUntil: 0, probeUntil: 0 };
  shared.labyardCloudBudget.set(key, made);
  return made;
}

const busy = (action: string, at: number) =>
  new CloudError(action, "Throttling.Budget", null, "no call is left in our own budget", new Date(at));

/** This copy's part of so many calls a second: where there are more copies than calls, one in some seconds. */
function shareOf(most: number): { calls: number; windowMs: number } {
  const copies = liveCopies();
  return { calls: Math.max(1, Math.floor(most / copies)), windowMs: second * Math.max(1, copies / most) };
}

/**
 * Takes one call of an API in a region: all copies of the service together make no more than CLOUD_CALLS_PER_SECOND in
 * any second, once each has heard of the others. Waits its turn for some seconds; on a clock that stands still (as in tests) it throws at once when there is none.
 */
export async function takeCall(clock: Clock, regionKey: string, action: string): Promise<void> {
  const bucket = bucketOf(`${regionKey} ${action}`);
  const now = clock.now().getTime();
  if (now < bucket.blockedUntil) throw busy(action, bucket.blockedUntil);
  const { calls, windowMs } = shareOf(now < bucket.probeUntil ? 1 : env().CLOUD_CALLS_PER_SECOND);
  const before = bucket.slots.at(-calls);
  // A clock that was set back must not hold calls for ever.
  const at = before === undefined || before > now + minute ? now : Math.max(now, before + windowMs);
  const isNow = at <= now;
  if (!isNow && (clock !== systemClock || at - now > patienceMs)) throw busy(action, at);
  bucket.slots = [...bucket.slots.slice(-calls), at].filter((slot) => slot <= now + minute);
  if (isNow) return;
  await new Promise((resolve) => setTimeout(resolve, at - now));
  if (clock.now().getTime() < bucket.blockedUntil) throw busy(action, bucket.blockedUntil);
}

/** The cloud said that it was too much: nothing until its next minute, then one a second for a minute. Says until when. */
export function blockCalls(clock: Clock, regionKey: string, action: string): Date {
  const bucket = bucketOf(`${regionKey} ${action}`);
  const now = clock.now().getTime();
  bucket.blockedUntil = (Math.floor(now / minute) + 1) * minute;
  bucket.probeUntil = bucket.blockedUntil + minute;
  bucket.slots = [];
  return new Date(bucket.blockedUntil);
}
