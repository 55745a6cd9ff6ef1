import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { classes } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { loadClass } from "./load";
import { renameClassInput } from "./schema";

export async function renameClass({ ctx, input }: { ctx: Ctx; input: z.input<typeof renameClassInput> }) {
  const { classId, name } = renameClassInput.parse(input);
  const before = await loadClass(ctx, classId, "edit");
  await transact(ctx.db, async (tx) => {
    await tx.update(classes).set({ name, updatedAt: ctx.clock.now() }).where(eq(classes.id, classId));
    await recordAudit(ctx, tx, {
      action: "class.rename",
      targetType: "class",
      targetId: classId,
      before: { name: before.name },
      after: { name },
    });
  });
}
