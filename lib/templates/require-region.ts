import { and, eq } from "drizzle-orm";
import type { TemplateSpec } from "@/db/schema/templates";
import { hosts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { invalid } from "@/lib/platform/errors";

/** Refuses a template for a region that no administrator has opened; one that has the region already keeps it. */
export async function requireRegion(ctx: Ctx, spec: TemplateSpec, before?: TemplateSpec): Promise<void> {
  if (spec.driver === "docker") return;
  if (before?.driver === "ecs" && before.hostId === spec.hostId) return;
  const [open] = await ctx.db
    .select({ id: hosts.id })
    .from(hosts)
    .where(and(eq(hosts.id, spec.hostId), eq(hosts.driver, "ecs"), eq(hosts.status, "enabled")));
  if (!open) throw invalid("invalid", { hostId: "teach.field.region" });
}
