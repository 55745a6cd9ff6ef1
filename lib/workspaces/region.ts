import { and, eq, inArray, isNotNull, notInArray } from "drizzle-orm";
import { z } from "zod";
import { transact } from "@/db/client";
import { cloudResources } from "@/db/schema/clouds";
import { attempts, workspaceEvents, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { publishChange } from "@/lib/changes";
import { lastSweptAt, type Swept, sweepRegion } from "@/lib/clouds";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { parsed } from "@/lib/platform/parsed";
import { driverFor } from "./drivers";
import { forEach } from "./each";
import { recordEvent } from "./record-event";
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
      await recordEvent(ctx, tx, workspace, reclaimReason);
      const at = reclaimAt.toISOString();
      await sendEvent(ctx, tx, "workspace/reclaim.announced", { workspaceId: workspace.id, at });
      await publishChange(ctx, tx, await topicsOf(tx, workspace), "workspace.reclaim", {
        workspaceId: workspace.id,
        reclaimAt: at,
      });
    });
  }
}
