import { and, eq, inArray } from "drizzle-orm";
import { hosts, workspaces } from "@/db/schema/workspaces";
import { checkDocker } from "@/lib/health";
import type { Ctx } from "@/lib/platform/context";
import { driverFor } from "@/lib/workspaces/drivers";

const everyMs = 5_000;

/**
 * Asks every host for a sign of life, and listens to what ends there. `turned` is called when one falls
 * silent or answers again, and when something ended that somebody wants: people see it in seconds. What is
 * so, the reconciler finds out itself.
 */
export function watchHosts({ ctx, turned }: { ctx: Ctx; turned: () => void }): () => void {
  const known = new Map<string, boolean>();
  const listening = new Set<string>();
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const rows = await ctx.db
      .select({ id: hosts.id, endpoint: hosts.endpoint, health: hosts.health })
      .from(hosts)
      // A cloud says nothing by itself: its instances are asked for by the reconciler.
      .where(eq(hosts.driver, "docker"));
    await Promise.all(rows.map(lookAt));
  }

  async function lookAt(row: { id: string; endpoint: string; health: "ok" | "unreachable" }): Promise<void> {
    const answers = (await checkDocker(row.endpoint)).state === "ok";
    const before = known.get(row.id) ?? row.health === "ok";
    known.set(row.id, answers);
    if (answers) listen(row);
    if (answers === before) return;
    ctx.log.warn({ host: row.id, answers }, "a host fell silent, or answers again");
    turned();
  }

  function listen(host: { id: string; endpoint: string }): void {
    if (listening.has(host.id) || stopped.signal.aborted) return;
    listening.add(host.id);
    driverFor("docker")
      .watch(
        host,
        (workspaceId) => void isWanted(workspaceId).then((wanted) => wanted && turned()),
        stopped.signal,
      )
      // What happened while nobody listened is for the reconciler; the next look listens again.
      .catch((error: unknown) => ctx.log.debug({ err: error, host: host.id }, "a host is not heard any more"))
      .finally(() => listening.delete(host.id));
  }

  /** Most of what ends was asked to: only the rest is news. */
  async function isWanted(workspaceId: string): Promise<boolean> {
    const rows = await ctx.db
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(
        and(
          eq(workspaces.id, workspaceId),
          eq(workspaces.desired, "running"),
          inArray(workspaces.state, ["booting", "ready", "paused"]),
        ),
      )
      .catch(() => []);
    return rows.length > 0;
  }

  const next = () => {
    if (stopped.signal.aborted) return;
    timer = setTimeout(() => {
      // Without a database there is nobody to tell; the next look does.
      look().then(next, next);
    }, everyMs);
    timer.unref();
  };
  next();
  return () => {
    stopped.abort();
    clearTimeout(timer);
  };
}
