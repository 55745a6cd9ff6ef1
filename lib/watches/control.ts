import { and, eq, inArray, ne } from "drizzle-orm";
import type { z } from "zod";
import { affected, transact } from "@/db/client";
import { watches } from "@/db/schema/consoles";
import { workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { revokePerson } from "@/lib/consoles";
import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import { loadWatch, tellWatch, type WatchRow } from "./load";
import { answerInput, watchInput } from "./schema";

type One = { ctx: Ctx; input: z.infer<typeof watchInput> };
type Move = {
  from: WatchRow["state"][];
  to: Exclude<WatchRow["state"], "ended">;
  action: string;
  by: "watcher" | "student";
};

/** Who watches would like the controls; the student is asked. */
export async function askControl({ ctx, input }: One): Promise<void> {
  const { watchId } = watchInput.parse(input);
  const { watch } = await loadWatch(ctx, watchId, "watcher");
  await move(ctx, watch, { from: ["watching"], to: "asked", action: "watch.ask", by: "watcher" });
}

/** The student's word on it. Throws `conflict watches.notAsked` when the wish was taken back meanwhile. */
export async function answerControl({ ctx, input }: { ctx: Ctx; input: z.infer<typeof answerInput> }) {
  const { watchId, accept } = answerInput.parse(input);
  const { watch } = await loadWatch(ctx, watchId, "student");
  const done = await move(ctx, watch, {
    from: ["asked"],
    to: accept ? "controlling" : "watching",
    action: accept ? "watch.accept" : "watch.decline",
    by: "student",
  });
  if (!done) throw conflict("watches.notAsked");
}

/** Either of the two takes the controls back, or the one who asked the wish for them. */
export async function endControl({ ctx, input }: One): Promise<void> {
  const { watchId } = watchInput.parse(input);
  const { watch, by } = await loadWatch(ctx, watchId, "either");
  await move(ctx, watch, {
    from: ["asked", "controlling"],
    to: "watching",
    action: "watch.release",
    by,
  });
}

/** False when the watch was in none of the states it may leave. */
async function move(ctx: Ctx, watch: WatchRow, { from, to, action, by }: Move): Promise<boolean> {
  const done = await transact(ctx.db, async (tx) => {
    // One pair of hands at a time besides the student's own.
    if (to === "controlling") {
      await tx
        .select({ id: workspaces.id })
        .from(workspaces)
        .where(eq(workspaces.id, watch.workspaceId))
        .for("update");
      const [other] = await tx
        .select({ id: watches.id })
        .from(watches)
        .where(
          and(
            eq(watches.workspaceId, watch.workspaceId),
            eq(watches.state, "controlling"),
            ne(watches.id, watch.id),
          ),
        );
      if (other) throw conflict("watches.controlled");
    }
    const result = await tx
      .update(watches)
      .set({ state: to, stateAt: ctx.clock.now() })
      .where(and(eq(watches.id, watch.id), inArray(watches.state, from)));
    if (affected(result) === 0) return false;
    await recordAudit(ctx, tx, {
      action,
      targetType: "workspace",
      targetId: watch.workspaceId,
      after: { watchId: watch.id, by },
    });
    await tellWatch(ctx, tx, watch);
    return true;
  });
  // What was opened with the controls closes with them; the page comes back to look.
  if (done && action === "watch.release") revokePerson(watch.workspaceId, watch.watcherId);
  return done;
}
