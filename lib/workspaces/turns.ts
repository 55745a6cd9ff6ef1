import { and, eq, inArray } from "drizzle-orm";
import { affected, type Tx, transact } from "@/db/client";
import { tasks } from "@/db/schema/experiments";
import { attempts, hosts, type WorkspaceState, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { bootsAtOnce } from "@/lib/hosts";
import type { Ctx } from "@/lib/platform/context";
import { forecastTurns, usual } from "./queue/forecast";
import { bootHistory, turnReason, turnsSince } from "./queue/history";
import { tellPositions } from "./queue/tell";
import { recordEvent, tellStep } from "./record-event";

/** Who boots on a host or waits to. Hundreds may, and are read at each turn: only what granting and telling need. */
const listLine = (tx: Tx, hostId: string) =>
  tx
    .select({
      id: workspaces.id,
      userId: workspaces.userId,
      attemptId: workspaces.attemptId,
      purpose: workspaces.purpose,
      state: workspaces.state,
      step: workspaces.step,
      stepAt: workspaces.stepAt,
      stateAt: workspaces.stateAt,
      claimedAt: workspaces.claimedAt,
      versionId: workspaces.templateVersionId,
      position: workspaces.queuePosition,
      until: workspaces.queueUntil,
      experimentId: tasks.experimentId,
    })
    .from(workspaces)
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .where(
      and(
        eq(workspaces.hostId, hostId),
        inArray(workspaces.state, ["provisioning", "booting"]),
        eq(workspaces.desired, "running"),
      ),
    );
type Row = Awaited<ReturnType<typeof listLine>>[number];

/** Starts that use no turn: they wait for one (`turn`), or for their home (`files`). */
const idleSteps: readonly (string | null)[] = ["turn", "files"];

/**
 * Lets those who have their place on a host and wait for their turn begin to boot, as many as the host boots
 * at once; students before warm ones, else in the order in which they got their place. In the transaction of
 * whatever freed a turn: nothing polls. Who has a turn is read from the rows under the host's lock, so no turn
 * is counted, and none can leak. Returns who got one.
 */
export async function grantTurns(ctx: Ctx, tx: Tx, hostId: string): Promise<string[]> {
  const [host] = await tx.select().from(hosts).where(eq(hosts.id, hostId)).for("update");
  if (!host) return [];
  const rows = await listLine(tx, hostId);
  // A claimed one has booted long ago.
  const booting = rows.filter(({ step, claimedAt }) => !idleSteps.includes(step) && claimedAt === null);
  const placedMs = ({ stepAt, stateAt }: Row) => (stepAt ?? stateAt).getTime();
  const waiting = rows
    .filter(({ step }) => step === "turn")
    .sort(
      (a, b) =>
        Number(a.purpose === "warm") - Number(b.purpose === "warm") ||
        placedMs(a) - placedMs(b) ||
        (a.id < b.id ? -1 : 1),
    );
  const slots = bootsAtOnce(host);
  const granted: Row[] = [];
  for (const row of waiting.slice(0, Math.max(0, slots - booting.length))) {
    if (await grant(ctx, tx, row)) granted.push(row);
  }
  const left = waiting.filter((row) => !granted.includes(row));
  await tellTurns(ctx, tx, { left, booting, granted: granted.length, slots });
  return granted.map(({ id }) => id);
}

/**
 * Whoever ends a start locks its host first and its row second, as those do who grant turns: the other way round
 * the two would wait for each other. Does nothing for what has no turn to give back.
 */
export async function lockTurns(tx: Tx, workspaceId: string): Promise<void> {
  const [row] = await tx
    .select({ hostId: workspaces.hostId, state: workspaces.state, claimedAt: workspaces.claimedAt })
    .from(workspaces)
    .where(eq(workspaces.id, workspaceId));
  if (!row?.hostId || row.claimedAt || !isStarting(row.state)) return;
  await tx.select({ id: hosts.id }).from(hosts).where(eq(hosts.id, row.hostId)).for("update");
}

export const isStarting = (state: WorkspaceState): boolean => state === "provisioning" || state === "booting";

/** The turns of every host, as they should be by their rows: after a restart with another number, or a mistake. */
export async function renewTurns({ ctx }: { ctx: Ctx }): Promise<void> {
  for (const { id } of await ctx.db.select({ id: hosts.id }).from(hosts)) {
    await transact(ctx.db, (tx) => grantTurns(ctx, tx, id));
  }
}

async function grant(ctx: Ctx, tx: Tx, workspace: Row): Promise<boolean> {
  const at = ctx.clock.now();
  const result = await tx
    .update(workspaces)
    .set({ step: "home", stepAt: at, queuePosition: null, queueUntil: null })
    .where(
      and(
        eq(workspaces.id, workspace.id),
        eq(workspaces.state, "provisioning"),
        eq(workspaces.step, "turn"),
        eq(workspaces.desired, "running"),
      ),
    );
  if (affected(result) === 0) return false;
  await recordEvent(ctx, tx, workspace, turnReason, at);
  await tellStep(ctx, tx, workspace, "home");
  await sendEvent(ctx, tx, "workspace/placed", { workspaceId: workspace.id });
  return true;
}

type Line = { left: readonly Row[]; booting: readonly Row[]; granted: number; slots: number };

/** Tells those who still wait how many are before them, and when it is their turn by how long boots took lately. */
async function tellTurns(ctx: Ctx, tx: Tx, { left, booting, granted, slots }: Line): Promise<void> {
  if (left.length === 0) return;
  const nowMs = ctx.clock.now().getTime();
  const history = await bootHistory(
    tx,
    left.map(({ versionId }) => versionId),
  );
  const bootMs = usual([...history.values()].flat(), 1);
  const since = await turnsSince(
    tx,
    booting.map(({ id }) => id),
  );
  const begunMs = booting.map(({ id }) => since.get(id) ?? nowMs);
  for (let n = 0; n < granted; n++) begunMs.push(nowMs);
  const turns = bootMs === null ? null : forecastTurns(left.length, begunMs, slots, bootMs, nowMs);
  await tellPositions(
    ctx,
    tx,
    left.map(({ id, userId, experimentId, position, until }, index) => ({
      id,
      userId,
      experimentId,
      position: index + 1,
      until: turns ? new Date(turns[index] ?? nowMs) : null,
      before: { position, until },
    })),
  );
}

/** A start that has to wait for its home lets others boot meanwhile. Does nothing when it has no turn. */
export const giveTurnBack = (ctx: Ctx, tx: Tx, workspaceId: string): Promise<void> =>
  changeLine(ctx, tx, workspaceId, { from: "home", to: "files" });

/** Its home is free: it waits for its turn, and has it at once if there is one. */
export const lineUpAgain = (ctx: Ctx, tx: Tx, workspaceId: string): Promise<void> =>
  changeLine(ctx, tx, workspaceId, { from: "files", to: "turn" });

async function changeLine(
  ctx: Ctx,
  tx: Tx,
  workspaceId: string,
  { from, to }: { from: string; to: "files" | "turn" },
): Promise<void> {
  const [row] = await tx
    .select({ hostId: workspaces.hostId })
    .from(workspaces)
    .where(and(eq(workspaces.id, workspaceId), eq(workspaces.step, from)));
  if (!row?.hostId) return;
  const result = await tx
    .update(workspaces)
    .set({ step: to, stepAt: ctx.clock.now() })
    .where(
      and(
        eq(workspaces.id, workspaceId),
        eq(workspaces.step, from),
        eq(workspaces.state, "provisioning"),
        eq(workspaces.desired, "running"),
      ),
    );
  if (affected(result) > 0) await grantTurns(ctx, tx, row.hostId);
}
