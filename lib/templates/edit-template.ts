import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { affected, transact } from "@/db/client";
import { templates, templateVersions } from "@/db/schema";
import { sendEvent } from "@/inngest/client";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import { auditable } from "./create-template";
import { specOf } from "./fields";
import { loadTemplate } from "./queries";
import { requireRegion } from "./require-region";
import { editTemplateInput } from "./schema";

/** Saves a new version; attempts that run keep theirs. Two editors at once: the second is told. */
export async function editTemplate({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof editTemplateInput>;
}): Promise<{ templateId: string; version: number }> {
  const actor = requireUser(ctx);
  const { templateId, basedOn, ...fields } = editTemplateInput.parse(input);
  const before = await loadTemplate(ctx, templateId, "edit");
  const [versionId, now, spec] = [ctx.newId(), ctx.clock.now(), specOf(fields)];
  // Homes, plans and budgets were made for its kind.
  if (spec.driver !== before.spec.driver) throw conflict("templateKind");
  await requireRegion(ctx, spec, before.spec);
  const version = before.version + 1;
  await transact(ctx.db, async (tx) => {
    const moved = await tx
      .update(templates)
      .set({
        name: fields.name,
        description: fields.description,
        visibility: fields.visibility,
        currentVersionId: versionId,
        updatedAt: now,
      })
      .where(and(eq(templates.id, templateId), eq(templates.currentVersionId, basedOn)));
    if (affected(moved) === 0) throw conflict("templateChanged");
    await tx
      .insert(templateVersions)
      .values({ id: versionId, templateId, number: version, spec, createdBy: actor.id, createdAt: now });
    await sendEvent(ctx, tx, "template/changed", { templateId });
    await recordAudit(ctx, tx, {
      action: "template.edit",
      targetType: "template",
      targetId: templateId,
      before: { name: before.name, version: before.version, spec: auditable(before.spec) },
      after: { name: fields.name, version, spec: auditable(spec) },
    });
  });
  return { templateId, version };
}
