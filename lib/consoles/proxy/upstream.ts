import { Pool } from "undici";

type Kept = { pool: Pool; usedAt: number };
const pools = new Map<string, Kept>();

const idleMs = 60_000;

/** Connections to one workspace, kept open between requests. */
export function poolOf(address: string): Pool {
  let kept = pools.get(address);
  if (!kept || kept.pool.destroyed) {
    kept = {
      pool: new Pool(`http://${address}`, {
        connections: 64,
        pipelining: 1,
        connect: { timeout: 3_000, keepAlive: true, keepAliveInitialDelay: 15_000 },
        keepAliveTimeout: 30_000,
        headersTimeout: 120_000,
        // A long poll or a silent stream is no fault; a dead peer is found by TCP keep-alive.
        bodyTimeout: 0,
        maxHeaderSize: 32 * 1024,
      }),
      usedAt: 0,
    };
    pools.set(address, kept);
  }
  kept.usedAt = performance.now();
  return kept.pool;
}

/** Closes the connections to workspaces nobody asked for in the last minute; called by the minute. */
export function closeIdlePools(): void {
  const now = performance.now();
  for (const [address, { pool, usedAt }] of pools) {
    if (now - usedAt < idleMs || pool.stats.running > 0) continue;
    pools.delete(address);
    pool.close().catch(() => undefined);
  }
}

export async function destroyPools(): Promise<void> {
  const all = [...pools.values()];
  pools.clear();
  await Promise.allSettled(all.map(({ pool }) => pool.destroy()));
}
