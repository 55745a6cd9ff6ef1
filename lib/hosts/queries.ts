import { asc, eq, notInArray, sql } from "drizzle-orm";
import { homes, hosts, workspaces } from "@/db/schema/workspaces";
import { type Ctx, requirePermission } from "@/lib/platform/context";

type HostView = typeof hosts.$inferSelect & { workspaces: number; homes: number };

/** Every Docker host with its figures and how much lives on it, for the admin page; regions of clouds have their own. */
export async function listHosts({ ctx }: { ctx: Ctx }): Promise<HostView[]> {
  requirePermission(ctx, "host.manage");
  // Hosts are few: they are written by administrators.
  const rows = await ctx.db
    .select()
    .from(hosts)
    .where(eq(hosts.driver, "docker"))
    .orderBy(asc(hosts.name))
    .limit(500);
  const live = await ctx.db
    .select({ hostId: workspaces.hostId, n: sql<number>`count(*)` })
    .from(workspaces)
    .where(notInArray(workspaces.state, ["stopped", "failed"]))
    .groupBy(workspaces.hostId);
  const kept = await ctx.db
    .select({ hostId: homes.hostId, n: sql<number>`count(*)` })
    .from(homes)
    .groupBy(homes.hostId);
  const count = (counts: { hostId: string | null; n: number }[], id: string) =>
    Number(counts.find((one) => one.hostId === id)?.n ?? 0);
  return rows.map((host) => ({ ...host, workspaces: count(live, host.id), homes: count(kept, host.id) }));
}
