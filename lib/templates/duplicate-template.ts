import type { z } from "zod";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { createTemplate } from "./create-template";
import { fieldsOf } from "./fields";
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
  return createTemplate({
    ctx,
    input: { ...fieldsOf(from.spec), name, description: from.description, visibility: "own" },
  });
}
