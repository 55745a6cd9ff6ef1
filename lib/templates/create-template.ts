import type { z } from "zod";
import { transact } from "@/db/client";
import { templates, templateVersions } from "@/db/schema";
import type { TemplateSpec } from "@/db/schema/templates";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requirePermission, requireUser } from "@/lib/platform/context";
import { specOf } from "./fields";
import { requireRegion } from "./require-region";
import { templateFields } from "./schema";

/**
 * A template of one's own, for containers or for a cloud. What runs in a cloud costs money: an administrator lets
 * teachers have it by adding the region, and each course has its budget.
 */
export async function createTemplate({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof templateFields>;
}): Promise<{ templateId: string }> {
  requirePermission(ctx, "template.edit");
  const actor = requireUser(ctx);
  const fields = templateFields.parse(input);
  const [templateId, versionId, now] = [ctx.newId(), ctx.newId(), ctx.clock.now()];
  const spec = specOf(fields);
  await requireRegion(ctx, spec);
  await transact(ctx.db, async (tx) => {
    await tx.insert(templates).values({
      id: templateId,
      name: fields.name,
      description: fields.description,
      visibility: fields.visibility,
      currentVersionId: versionId,
      createdBy: actor.id,
      createdAt: now,
      updatedAt: now,
    });
    await tx
      .insert(templateVersions)
      .values({ id: versionId, templateId, number: 1, spec, createdBy: actor.id, createdAt: now });
    await recordAudit(ctx, tx, {
      action: "template.create",
      targetType: "template",
      targetId: templateId,
      after: { name: fields.name, version: 1, spec: auditable(spec) },
    });
  });
  return { templateId };
}

/** Variables and first commands may hold passwords of a data set: the log keeps their names and length only. */
export const auditable = (spec: TemplateSpec) =>
  spec.driver === "docker"
    ? { ...spec, env: Object.keys(spec.env) }
    : { ...spec, userData: spec.userData.length };
