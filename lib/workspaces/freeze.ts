import { and, eq, inArray, ne } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { bringBack } from "./bring";
import { driverFor } from "./drivers";
import { loadForDriver } from "./load";
import { recordEvent, tellStep } from "./record-event";
import { wakeReason } from "./steps";

/**
 * Makes the container what the row says, frozen or running, and looks once more: whoever acts last has
 * read the row after acting, so a pause and a resume at once end with both sides the same.
 */
export async function settleFreeze(ctx: Ctx, workspaceId: string): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    const loaded = await loadForDriver(ctx, workspaceId);
    const { workspace, ref, template } = loaded;
    const settled = workspace.state === "paused" || workspace.state === "ready";
    if (!settled || workspace.desired !== "running" || !ref) return;
    const driver = driverFor(template.driver);
    if (workspace.state === "paused") await bringBack(ctx, loaded, { resting: true });
    await (workspace.state === "paused" ? driver.pause(ref) : driver.resume(ref));
    const after = await loadForDriver(ctx, workspaceId);
    if (after.workspace.state === workspace.state) return;
  }
}

/** What `workspaces.step` says while somebody wakes it. */
export const wakeStep = "wake";
export const wakingMs = 5 * 60_000;

/** Nobody wakes it any more, for a reason that its student reads: it stays off, and may be woken again. */
export const endWake = (ctx: Ctx, workspaceId: string, why: string): Promise<void> =>
  transact(ctx.db, async (tx) => {
    const ended = await tx
      .update(workspaces)
      .set({ step: null, stepAt: null })
      .where(
        and(eq(workspaces.id, workspaceId), eq(workspaces.state, "paused"), eq(workspaces.step, wakeStep)),
      );
    const [row] = await tx.select().from(workspaces).where(eq(workspaces.id, workspaceId));
    if (affected(ended) === 0 || !row) return;
    await recordEvent(ctx, tx, row, `${wakeReason}:${why}`.slice(0, 80));
    await tellStep(ctx, tx, row, null);
  });

/**
 * What a pause or resume left half done when its process died: containers of one host that are frozen and
 * should not be, or the other way round. Warm ones are frozen by the pool, which looks after them itself.
 */
export async function settleFreezes(
  ctx: Ctx,
  seen: readonly { workspaceId: string; frozen: boolean }[],
): Promise<number> {
  const ids = seen.map((one) => one.workspaceId);
  if (ids.length === 0) return 0;
  const rows = await ctx.db
    .select({ id: workspaces.id, state: workspaces.state, step: workspaces.step, stepAt: workspaces.stepAt })
    .from(workspaces)
    .where(
      and(
        inArray(workspaces.id, ids),
        inArray(workspaces.state, ["ready", "paused"]),
        ne(workspaces.purpose, "warm"),
        eq(workspaces.desired, "running"),
      ),
    );
  const frozen = new Map(seen.map((one) => [one.workspaceId, one.frozen]));
  const now = ctx.clock.now().getTime();
  // An instance takes its time to wake; whoever wakes it says so.
  const isWaking = ({ step, stepAt }: (typeof rows)[number]) =>
    step === wakeStep && stepAt !== null && now - stepAt.getTime() < wakingMs;
  // Whoever woke it has died, and so has its job.
  const lost = rows.filter((row) => row.step === wakeStep && row.state === "paused" && !isWaking(row));
  for (const { id } of lost) await endWake(ctx, id, "cloud.notReady");
  const torn = rows.filter((row) => frozen.get(row.id) !== (row.state === "paused") && !isWaking(row));
  for (const { id } of torn) {
    await settleFreeze(ctx, id).catch((error: unknown) =>
      ctx.log.warn({ err: error, workspace: id }, "frozen or not is still not as wanted; it is tried again"),
    );
  }
  return torn.length;
}
