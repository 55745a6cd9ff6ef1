import { and, asc, eq } from "drizzle-orm";
import { hosts } from "@/db/schema/workspaces";
import { type Ctx, requirePermission } from "@/lib/platform/context";

/** Regions of clouds that an administrator has opened: whoever makes templates may have instances there. */
export async function listRegions(ctx: Ctx): Promise<{ hostId: string; name: string }[]> {
  requirePermission(ctx, "template.edit");
  return ctx.db
    .select({ hostId: hosts.id, name: hosts.name })
    .from(hosts)
    .where(and(eq(hosts.driver, "ecs"), eq(hosts.status, "enabled")))
    .orderBy(asc(hosts.name))
    .limit(200);
}
