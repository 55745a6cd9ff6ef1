import type { z } from "zod";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { containerSpec } from "./container-spec";
import { createTemplate } from "./create-template";
import { loadTemplate } from "./queries";
import { duplicateTemplateInput } from "./schema";

/** A new template of one's own, from the current version of one that one may see. */
export async function duplicateTemplate({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof duplicateTemplateInput>;
}): Promise<{ templateId: string }> {
  requirePermission(ctx, "template.edit");
  const { templateId, name } = duplicateTemplateInput.parse(input);
  const from = await loadTemplate(ctx, templateId, "view");
  const spec = containerSpec(from.spec);
  const env = Object.entries(spec.env).map(([key, value]) => ({ name: key, value }));
  return createTemplate({
    ctx,
    input: { ...spec, name, description: from.description, visibility: "own", env },
  });
}
