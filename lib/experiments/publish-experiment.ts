import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { experiments } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import { announce } from "./announce";
import { loadExperiment } from "./load";
import { publishChecklist } from "./queries";
import { experimentIdInput } from "./schema";

type Args = { ctx: Ctx; input: z.input<typeof experimentIdInput> };

/** Refused while something on the checklist is missing. */
export async function publishExperiment({ ctx, input }: Args): Promise<void> {
  const { experimentId } = experimentIdInput.parse(input);
  const before = await loadExperiment(ctx, experimentId, "edit");
  if (before.status === "published") return;
  const missing = (await publishChecklist(ctx, experimentId)).filter((item) => item.blocking && !item.done);
  if (missing.length > 0)
    throw conflict("publishBlocked", { missing: missing.map((item) => item.key).join(",") });
  await setStatus(ctx, experimentId, "published");
}

/** Nobody can start any more; attempts that run go on to their deadline. */
export async function unpublishExperiment({ ctx, input }: Args): Promise<void> {
  const { experimentId } = experimentIdInput.parse(input);
  const before = await loadExperiment(ctx, experimentId, "edit");
  if (before.status !== "published") return;
  await setStatus(ctx, experimentId, "draft");
}

const setStatus = (ctx: Ctx, experimentId: string, status: "draft" | "published") =>
  transact(ctx.db, async (tx) => {
    await tx
      .update(experiments)
      .set({ status, updatedAt: ctx.clock.now() })
      .where(eq(experiments.id, experimentId));
    await recordAudit(ctx, tx, {
      action: status === "published" ? "experiment.publish" : "experiment.unpublish",
      targetType: "experiment",
      targetId: experimentId,
    });
    await announce(ctx, tx, experimentId);
  });
