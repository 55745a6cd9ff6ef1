import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { templateVersions } from "@/db/schema/templates";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";

/** Tells the pages of a template that its pool has changed. */
export async function tellPool(ctx: Ctx, tx: Tx, templateVersionId: string): Promise<void> {
  const [version] = await tx
    .select({ templateId: templateVersions.templateId })
    .from(templateVersions)
    .where(eq(templateVersions.id, templateVersionId));
  if (version) await publishChange(ctx, tx, [`template:${version.templateId}`], "warm.changed");
}
