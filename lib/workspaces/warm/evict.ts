import { and, asc, eq, inArray, ne } from "drizzle-orm";
import { templateVersions } from "@/db/schema/templates";
import { attempts, homes, hosts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { dismissWarm } from "./dismiss";

/**
 * Makes room for students who wait for memory: as many warm workspaces go as free what is missing, and none
 * where even all of them would not. Memory that goes already counts. Returns how many were sent away.
 */
export async function evictWarm({ ctx }: { ctx: Ctx }): Promise<number> {
  const pool = await ctx.db
    .select()
    .from(workspaces)
    .where(
      and(
        eq(workspaces.purpose, "warm"),
        inArray(workspaces.state, ["provisioning", "booting", "paused", "stopping"]),
      ),
    )
    // The youngest first: who boots has cost least so far.
    .orderBy(asc(workspaces.requestedAt));
  if (!pool.some((row) => row.desired === "running")) return 0;
  const rooms = (
    await ctx.db
      .select()
      .from(hosts)
      .where(and(eq(hosts.status, "enabled"), eq(hosts.health, "ok")))
  ).map((host) => ({
    id: host.id,
    driver: host.driver,
    freeMb:
      host.memoryMb -
      host.memoryReservedMb +
      sum(pool.filter((row) => row.hostId === host.id && row.desired === "stopped")),
    warm: pool.filter((row) => row.hostId === host.id && row.desired === "running"),
  }));
  let sent = 0;
  for (const { hostId, memoryMb, spec } of await listWaiting(ctx)) {
    // Where somebody works in a cloud is not where their home lies.
    const only = spec.driver === "ecs" ? spec.hostId : hostId;
    const open = rooms.filter((room) => room.driver === spec.driver && (!only || room.id === only));
    const best = open.sort((a, b) => b.freeMb + sum(b.warm) - a.freeMb - sum(a.warm))[0];
    if (!best || best.freeMb + sum(best.warm) < memoryMb) continue;
    while (best.freeMb < memoryMb) {
      const goes = best.warm.pop();
      if (!goes) break;
      if (!(await dismissWarm(ctx, goes.id, "evicted"))) continue;
      best.freeMb += goes.memoryMb;
      sent++;
    }
    best.freeMb -= memoryMb;
  }
  return sent;
}

const sum = (rows: readonly { memoryMb: number }[]) => rows.reduce((total, row) => total + row.memoryMb, 0);

/** Students who wait for room, the first of them first; one with a home waits for that home's host, or for a region. */
const listWaiting = (ctx: Ctx) =>
  ctx.db
    .select({ memoryMb: workspaces.memoryMb, hostId: homes.hostId, spec: templateVersions.spec })
    .from(workspaces)
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(homes, and(eq(homes.taskId, attempts.taskId), eq(homes.userId, workspaces.userId)))
    .where(
      and(
        inArray(workspaces.state, ["requested", "queued"]),
        eq(workspaces.desired, "running"),
        ne(workspaces.purpose, "warm"),
      ),
    )
    .orderBy(asc(workspaces.requestedAt), asc(workspaces.id))
    .limit(200);
