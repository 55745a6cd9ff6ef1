import { asc, eq } from "drizzle-orm";
import { hosts } from "@/db/schema/workspaces";
import { type Ctx, requirePermission } from "@/lib/platform/context";

/** A region of a cloud; `open`: an administrator lets whoever makes templates have instances there. */
export type RegionChoice = { hostId: string; name: string; open: boolean };

export async function listRegions(ctx: Ctx): Promise<RegionChoice[]> {
  requirePermission(ctx, "template.edit");
  const rows = await ctx.db
    .select({ hostId: hosts.id, name: hosts.name, status: hosts.status })
    .from(hosts)
    .where(eq(hosts.driver, "ecs"))
    .orderBy(asc(hosts.name))
    .limit(200);
  return rows.map(({ status, ...region }) => ({ ...region, open: status === "enabled" }));
}
