/** Told that a person did something in a workspace; at most once in 20 s for each. */
export type OnActivity = (workspaceId: string) => void;

const everyMs = 20_000;

/** Lets the first act through and then one in 20 s: acts come with every key, the clock needs minutes. */
export function throttleActivity(tell: OnActivity): OnActivity {
  const last = new Map<string, number>();
  return (workspaceId) => {
    const now = performance.now();
    const before = last.get(workspaceId);
    if (before !== undefined && now - before < everyMs) return;
    if (last.size > 5_000) for (const [id, at] of last) if (now - at > everyMs) last.delete(id);
    last.set(workspaceId, now);
    tell(workspaceId);
  };
}

const work = /^\/(?:user\/[^/]+\/)?api\/(contents|kernels|sessions|terminals)(\/|\?|$)/;

/** Saving, running, opening: what a page only does when a person did. Polls are GETs. */
export const isAct = (method: string, target: string): boolean =>
  method !== "GET" && method !== "HEAD" && method !== "OPTIONS" && work.test(target);
