import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { classes } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { loadClass } from "./load";
import { classIdInput } from "./schema";

type Args = { ctx: Ctx; input: z.input<typeof classIdInput> };

/** Off the lists; its students and what is assigned to it stay as they are. */
export const archiveClass = (args: Args) => setArchived(args, true);
export const restoreClass = (args: Args) => setArchived(args, false);

async function setArchived({ ctx, input }: Args, archived: boolean): Promise<void> {
  const { classId } = classIdInput.parse(input);
  const before = await loadClass(ctx, classId, "archive");
  if ((before.archivedAt !== null) === archived) return;
  const now = ctx.clock.now();
  await transact(ctx.db, async (tx) => {
    await tx
      .update(classes)
      .set({ archivedAt: archived ? now : null, updatedAt: now })
      .where(eq(classes.id, classId));
    await recordAudit(ctx, tx, {
      action: archived ? "class.archive" : "class.restore",
      targetType: "class",
      targetId: classId,
    });
  });
}
