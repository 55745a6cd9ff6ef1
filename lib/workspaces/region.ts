import { and, eq, inArray, isNotNull, notInArray } from "drizzle-orm";
import { z } from "zod";
import { transact } from "@/db/client";
import { cloudResources } from "@/db/schema/clouds";
import { attempts, workspaceEvents, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { publishChange } from "@/lib/changes";
import { lastSweptAt, type Swept, sweepRegion } from "@/lib/clouds";
import { actorName, type Ctx, requirePermission } from "@/lib/platform/context";
import { parsed } from "@/lib/platform/parsed";
import { bringBack } from "./bring";
import { driverFor } from "./drivers";
import { forEach } from "./each";
import { loadForDriver } from "./load";
import { failWorkspace } from "./provision";
import { finalStates } from "./state";
import { topicsOf } from "./topics";

type Host = { id: string; endpoint: string };

/** Sweeping asks a dozen things of the cloud: not at every pass. */
const sweepEveryMs = 2 * 60_000;
/** What only regions of a cloud need at every pass: their leaks, their guards, and what is taken back. */
export async function lookAfterRegion(ctx: Ctx, host: Host): Promise<void> {
  const last = await lastSweptAt(ctx, host.id);
  if (!last || Math.abs(ctx.clock.now().getTime() - last.getTime()) >= sweepEveryMs) {
    await sweep(ctx, host.id);
    await keepGuards(ctx, host);
  }
  // Five minutes are short: every pass has just listed what there is, and the ledger knows.
  await announceReclaims(ctx, host);
}

const sweep = (ctx: Ctx, hostId: string, askedBy?: string): Promise<Swept> =>
  sweepRegion({ ctx, input: { hostId, isWanted: (ids) => wantedOf(ctx, ids), askedBy } });

export const sweepNowInput = z.object({ hostId: z.string().length(26) });

/** Compares a region at once, for an administrator who does not want to wait until it is due. */
export async function sweepNow({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof sweepNowInput>;
}): Promise<Swept> {
  requirePermission(ctx, "host.manage");
  const { hostId } = parsed(sweepNowInput, input);
  return sweep(ctx, hostId, ctx.actor.type === "user" ? ctx.actor.id : undefined);
}

async function wantedOf(ctx: Ctx, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(and(inArray(workspaces.id, ids), notInArray(workspaces.state, [...finalStates])));
  return new Set(rows.map(({ id }) => id));
}

/** What has no end, or got another one unseen, keeps a guard that is far enough ahead. */
async function keepGuards(ctx: Ctx, host: Host): Promise<void> {
  const rows = await ctx.db
    .select({
      id: workspaces.id,
      purpose: workspaces.purpose,
      attemptId: workspaces.attemptId,
      startedAt: attempts.startedAt,
      deadlineAt: attempts.deadlineAt,
    })
    .from(workspaces)
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .where(
      and(
        eq(workspaces.hostId, host.id),
        eq(workspaces.desired, "running"),
        isNotNull(workspaces.externalId),
        notInArray(workspaces.state, [...finalStates]),
      ),
    );
  // Until its clock runs, an attempt's end is that of its window, and the guard stands behind its whole time already.
  const running = rows.filter(({ attemptId, startedAt }) => attemptId === null || startedAt !== null);
  const byId = new Map(running.map((row) => [row.id, row]));
  await forEach(ctx, [...byId.keys()], async (id) => {
    const row = byId.get(id);
    if (row) await driverFor("ecs").extend({ ...row, host, externalId: null }, row.deadlineAt);
  });
}

const reclaimReason = "reclaim";

/** The cloud takes some spot instances back: once for each, their students are told and their work is fetched. */
async function announceReclaims(ctx: Ctx, host: Host): Promise<void> {
  const rows = await ctx.db
    .select({ workspace: workspaces, reclaimAt: cloudResources.reclaimAt })
    .from(workspaces)
    .innerJoin(cloudResources, eq(cloudResources.workspaceId, workspaces.id))
    .where(
      and(
        eq(workspaces.hostId, host.id),
        eq(workspaces.desired, "running"),
        inArray(workspaces.state, ["booting", "ready", "paused"]),
        eq(cloudResources.kind, "instance"),
        notInArray(cloudResources.state, ["gone", "refused"]),
        isNotNull(cloudResources.reclaimAt),
      ),
    );
  for (const { workspace, reclaimAt } of rows) {
    await transact(ctx.db, async (tx) => {
      await tx
        .select({ id: workspaces.id })
        .from(workspaces)
        .where(eq(workspaces.id, workspace.id))
        .for("update");
      const [told] = await tx
        .select({ id: workspaceEvents.id })
        .from(workspaceEvents)
        .where(and(eq(workspaceEvents.workspaceId, workspace.id), eq(workspaceEvents.reason, reclaimReason)));
      if (told || !reclaimAt) return;
      await tx.insert(workspaceEvents).values({
        id: ctx.newId(),
        workspaceId: workspace.id,
        from: workspace.state,
        to: workspace.state,
        actor: actorName(ctx.actor),
        reason: reclaimReason,
        at: ctx.clock.now(),
      });
      const at = reclaimAt.toISOString();
      await sendEvent(ctx, tx, "workspace/reclaim.announced", { workspaceId: workspace.id, at });
      await publishChange(ctx, tx, await topicsOf(tx, workspace), "workspace.reclaim", {
        workspaceId: workspace.id,
        reclaimAt: at,
      });
    });
  }
}

/** Whether the cloud has taken its instance back, or says that it will. */
export async function isReclaimed(ctx: Ctx, workspaceId: string): Promise<boolean> {
  const [row] = await ctx.db
    .select({ id: cloudResources.id })
    .from(cloudResources)
    .where(and(eq(cloudResources.workspaceId, workspaceId), isNotNull(cloudResources.reclaimAt)));
  return row !== undefined;
}

type Args = { ctx: Ctx; input: { workspaceId: string } };

/** Fetches the work of a running workspace now; nothing to do for what does not run. */
export async function fetchWork({ ctx, input }: Args): Promise<void> {
  const loaded = await loadForDriver(ctx, input.workspaceId);
  const { state, desired } = loaded.workspace;
  if (state === "ready" && desired === "running") await bringBack(ctx, loaded);
}

/** Ends a workspace whose instance is about to be taken back; its work is fetched once more on the way. */
export async function endReclaimed({ ctx, input }: Args): Promise<void> {
  if (await isReclaimed(ctx, input.workspaceId))
    await failWorkspace({ ctx, input: { ...input, cause: "reclaimed", detail: " " } });
}

/** Fetches the work of everybody who is on an instance now, some at a time; one that is away holds up no other. */
export async function fetchAllWork({ ctx }: { ctx: Ctx }): Promise<{ done: number; failed: number }> {
  const rows = await ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .innerJoin(cloudResources, eq(cloudResources.workspaceId, workspaces.id))
    .where(
      and(
        eq(workspaces.state, "ready"),
        eq(workspaces.desired, "running"),
        eq(cloudResources.kind, "instance"),
        eq(cloudResources.state, "running"),
      ),
    );
  const { done, failed } = await forEach(
    ctx,
    rows.map(({ id }) => id),
    (workspaceId) => fetchWork({ ctx, input: { workspaceId } }),
  );
  return { done: done.length, failed: failed.length };
}
