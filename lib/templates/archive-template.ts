import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { templates } from "@/db/schema";
import { sendEvent } from "@/inngest/client";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { loadTemplate } from "./queries";
import { templateIdInput } from "./schema";

type Args = { ctx: Ctx; input: z.input<typeof templateIdInput> };

/** Takes it off the lists; experiments and attempts that have it keep it. */
export const archiveTemplate = (args: Args) => setArchived(args, true);
export const restoreTemplate = (args: Args) => setArchived(args, false);

async function setArchived({ ctx, input }: Args, archived: boolean): Promise<void> {
  const { templateId } = templateIdInput.parse(input);
  const before = await loadTemplate(ctx, templateId, "edit");
  if ((before.archivedAt !== null) === archived) return;
  const now = ctx.clock.now();
  await transact(ctx.db, async (tx) => {
    await tx
      .update(templates)
      .set({ archivedAt: archived ? now : null, updatedAt: now })
      .where(eq(templates.id, templateId));
    await sendEvent(ctx, tx, "template/changed", { templateId });
    await recordAudit(ctx, tx, {
      action: archived ? "template.archive" : "template.restore",
      targetType: "template",
      targetId: templateId,
    });
  });
}
