import type { Ctx } from "@/lib/platform/context";
import { loadTemplate } from "@/lib/templates";

/** Whether the actor may watch a template's pool: whoever may plan for it. */
export const canSeePool = (ctx: Ctx, templateId: string): Promise<boolean> =>
  loadTemplate(ctx, templateId, "edit").then(
    () => true,
    () => false,
  );
