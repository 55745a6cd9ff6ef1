import { and, eq, inArray, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import { affected, type Tx, transact } from "@/db/client";
import { tasks } from "@/db/schema/experiments";
import { templateVersions } from "@/db/schema/templates";
import { attempts, hosts, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { driverFor } from "./drivers";
import { forEach } from "./each";
import { idleLeadMinutes, idlePhase, idleStopAt, type Quiet } from "./idle-rule";
import { loadWorkspace } from "./load";
import { workspaceInput } from "./schema";
import { requestStop } from "./stop";
import { tellInside } from "./tell-inside";
import { topicsOf } from "./topics";

/** Resuming a paused one, or its first answer, is as good as an act. */
const lastActAt = sql<Date>`greatest(coalesce(${workspaces.activeAt}, ${workspaces.stateAt}), ${workspaces.stateAt})`;

const running = ["ready", "paused"] as const;

const columns = {
  id: workspaces.id,
  userId: workspaces.userId,
  attemptId: workspaces.attemptId,
  state: workspaces.state,
  health: workspaces.health,
  address: workspaces.address,
  secret: workspaces.secret,
  externalId: workspaces.externalId,
  host: { id: hosts.id, endpoint: hosts.endpoint },
  activeAt: workspaces.activeAt,
  stateAt: workspaces.stateAt,
  idleWarnedAt: workspaces.idleWarnedAt,
  idleMinutes: tasks.idleMinutes,
  spec: templateVersions.spec,
};

/** What runs for a task that has an idle time. */
const withLimit = (tx: Tx, which: SQL | undefined) =>
  tx
    .select(columns)
    .from(workspaces)
    .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .leftJoin(hosts, eq(hosts.id, workspaces.hostId))
    .where(
      and(
        eq(workspaces.purpose, "attempt"),
        eq(workspaces.desired, "running"),
        inArray(workspaces.state, [...running]),
        // Of what cannot be seen, nobody can say that nobody works in it.
        eq(workspaces.health, "ok"),
        isNotNull(tasks.idleMinutes),
        which,
      ),
    );

type Row = Awaited<ReturnType<typeof withLimit>>[number];

const quietOf = ({ idleMinutes, activeAt, stateAt, idleWarnedAt }: Row): Quiet => ({
  idleMinutes: idleMinutes ?? 0,
  lastActAt: activeAt && activeAt > stateAt ? activeAt : stateAt,
  warnedAt: idleWarnedAt,
});

/**
 * Warns and stops what has seen no act of a person for its task's idle time; once a minute. What computes is
 * asked only near that time. Nothing stops without the warning before, so neither a clock that jumps nor a service that
 * was away stops many at once.
 */
export async function sweepIdle({ ctx }: { ctx: Ctx }): Promise<{ judged: number }> {
  const now = ctx.clock.now();
  const rows = await withLimit(
    ctx.db,
    // The lead is at most a third: what is younger than that needs no look.
    sql`${lastActAt} <= timestampadd(second, -40 * ${tasks.idleMinutes} + 60, ${now})`,
  ).limit(2_000);
  const near = rows.filter((row) => idlePhase(quietOf(row), now) !== "active");
  const judged = await forEach(
    ctx,
    near.map(({ id }) => id),
    (workspaceId) => judgeIdle({ ctx, input: { workspaceId } }),
  );
  return { judged: judged.done.length };
}

/** Looks at one workspace: warns it, stops it, or takes the warning back because something computes. */
export async function judgeIdle({
  ctx,
  input: { workspaceId },
}: {
  ctx: Ctx;
  input: { workspaceId: string };
}): Promise<"active" | "busy" | "warned" | "stopped"> {
  const [row] = await withLimit(ctx.db, eq(workspaces.id, workspaceId));
  if (!row) return "active";
  const now = ctx.clock.now();
  const quiet = quietOf(row);
  const phase = idlePhase(quiet, now);
  if (phase === "active") return "active";
  const busy = await isBusy(row);
  if (busy) {
    await recordActivity({ ctx, workspaceId, at: now });
    return "busy";
  }
  if (phase === "warned") return "warned";
  // A server that does not say may be too busy to: it is given as much time again, but not for ever.
  const quietMs = now.getTime() - quiet.lastActAt.getTime();
  if (busy === null && quietMs < 2 * quiet.idleMinutes * 60_000) return "active";
  return phase === "near" ? warn(ctx, row, now) : stop(ctx, row);
}

/** Whether something computes; null: nobody can say. What is frozen does nothing. */
async function isBusy({ id, state, address, secret, spec, host, externalId }: Row): Promise<boolean | null> {
  if (state !== "ready" || !address || !secret || !host) return false;
  const ref = { id, purpose: "attempt", host, externalId } as const;
  // An engine that is silent says nothing of what runs on it.
  return driverFor(spec.driver)
    .busy(address, spec, unseal(secret), ref)
    .catch(() => null);
}

/** As it was when it was judged: an act in between wins. */
const unchanged = (row: Row) =>
  and(
    eq(workspaces.id, row.id),
    eq(workspaces.desired, "running"),
    inArray(workspaces.state, [...running]),
    row.activeAt ? eq(workspaces.activeAt, row.activeAt) : isNull(workspaces.activeAt),
    eq(workspaces.stateAt, row.stateAt),
  );

async function warn(ctx: Ctx, row: Row, now: Date): Promise<"active" | "warned"> {
  const minutes = idleLeadMinutes(row.idleMinutes ?? 0);
  const warned = await transact(ctx.db, async (tx) => {
    const changed = await tx.update(workspaces).set({ idleWarnedAt: now }).where(unchanged(row));
    if (affected(changed) === 0) return "active";
    const stopAt = new Date(now.getTime() + minutes * 60_000).toISOString();
    await sendEvent(ctx, tx, "workspace/idle.warned", { workspaceId: row.id, stopAt });
    await publishChange(ctx, tx, await topicsOf(tx, row), "workspace.idle", { workspaceId: row.id, stopAt });
    return "warned";
  });
  if (warned === "warned" && row.attemptId)
    tellInside({ ctx, input: { attemptId: row.attemptId, about: "idle", minutes } });
  return warned;
}

async function stop(ctx: Ctx, row: Row): Promise<"active" | "stopped"> {
  return transact(ctx.db, async (tx) => {
    const [still] = await tx
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(and(unchanged(row), isNotNull(workspaces.idleWarnedAt)))
      .for("update");
    if (!still) return "active";
    return (await requestStop(ctx, tx, row.id, { reason: "idle" })) ? "stopped" : "active";
  });
}

type Act = { ctx: Pick<Ctx, "db" | "clock">; workspaceId: string; at: Date };

/** A person did something in it (a key, a cell, a saved file), or something computes: a warning is taken back. */
export async function recordActivity({ ctx, workspaceId, at }: Act): Promise<void> {
  const which = and(eq(workspaces.id, workspaceId), inArray(workspaces.state, [...running]));
  const { db } = ctx;
  await db
    .update(workspaces)
    .set({ activeAt: sql`greatest(coalesce(${workspaces.activeAt}, ${at}), ${at})` })
    .where(which);
  const [row] = await db
    .select({ id: workspaces.id, userId: workspaces.userId, attemptId: workspaces.attemptId })
    .from(workspaces)
    .where(and(which, isNotNull(workspaces.idleWarnedAt)));
  if (!row) return;
  await transact(db, async (tx) => {
    const taken = await tx
      .update(workspaces)
      .set({ idleWarnedAt: null })
      .where(and(which, isNotNull(workspaces.idleWarnedAt)));
    if (affected(taken) === 0) return;
    await publishChange(ctx, tx, await topicsOf(tx, row), "workspace.idle", { workspaceId, stopAt: null });
  });
}

/** "I am still here", from a page: as good as a key pressed inside. Its owner only. */
export async function stay({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof workspaceInput>;
}): Promise<void> {
  const { workspaceId } = workspaceInput.parse(input);
  await loadWorkspace(ctx, workspaceId, "use");
  await recordActivity({ ctx, workspaceId, at: ctx.clock.now() });
}

/** When these stop for idleness; only those that were warned. */
export async function idleStops(
  tx: Tx,
  attemptIds: readonly string[],
): Promise<Map<string, { workspaceId: string; stopAt: Date; idleMinutes: number }>> {
  if (attemptIds.length === 0) return new Map();
  const rows = await withLimit(
    tx,
    and(inArray(workspaces.attemptId, [...attemptIds]), isNotNull(workspaces.idleWarnedAt)),
  );
  return new Map(
    rows.flatMap((row) => {
      const stopAt = idleStopAt(quietOf(row));
      return stopAt && row.attemptId
        ? [[row.attemptId, { workspaceId: row.id, stopAt, idleMinutes: row.idleMinutes ?? 0 }] as const]
        : [];
    }),
  );
}
