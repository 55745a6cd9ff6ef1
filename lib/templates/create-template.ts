import type { z } from "zod";
import { transact } from "@/db/client";
import { templates, templateVersions } from "@/db/schema";
import type { ContainerSpec, TemplateSpec } from "@/db/schema/templates";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requirePermission, requireUser } from "@/lib/platform/context";
import { type TemplateFields, templateFields } from "./schema";

/** The immutable part of the form: what a version keeps. */
export function specOf(fields: TemplateFields): ContainerSpec {
  const { protocol, image, cpus, memoryMb, processes, diskMb, network, startTimeoutSeconds } = fields;
  return {
    driver: "docker",
    protocol,
    image,
    cpus: Math.round(cpus * 100) / 100,
    memoryMb,
    processes,
    diskMb,
    env: Object.fromEntries(fields.env.map((row) => [row.name, row.value])),
    network,
    startTimeoutSeconds,
  };
}

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

/** Values of environment variables may be passwords of a data set: the log keeps their names only. */
export const auditable = (spec: TemplateSpec) =>
  spec.driver === "docker" ? { ...spec, env: Object.keys(spec.env) } : spec;
