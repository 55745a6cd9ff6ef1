import { and, eq, inArray, isNull, lt } from "drizzle-orm";
import { transact } from "@/db/client";
import { templateVersions } from "@/db/schema/templates";
import { collections, homes, hosts, workspaces } from "@/db/schema/workspaces";
import { expectedOn, measureHost, recountReservations } from "@/lib/hosts";
import type { Ctx } from "@/lib/platform/context";
import { driverFor, type WorkspaceRef } from "./drivers";
import { isReclaimed } from "./fetch-work";
import { settleFreezes } from "./freeze";
import { recordHostHealth } from "./health";
import { placeWaiting } from "./place";
import { failWorkspace } from "./provision";
import { lookAfterRegion } from "./region";
import { finalStates, isFinal, liveStates, moveWorkspace } from "./state";
import { finishWorkspace, removeOutside } from "./teardown";
import { renewTurns } from "./turns";

export type Reconciled = {
  orphans: number;
  vanished: number;
  ended: number;
  stuck: number;
  unmounted: number;
  unreachable: number;
};

/** How long a stop may be silent before the reconciler carries it out itself. */
const silentMs = 15_000;
/** How long a pass waits for its hosts; one that takes longer is left to itself, and asked again when it is done. */
const patienceMs = 30_000;
/** So many containers without a row speak against the database, not against the containers. */
const fewUnknown = 2;

// Whether a host's comparison of an earlier pass still hangs: a second one would hang beside it.
const shared = globalThis as typeof globalThis & { labyardComparing?: Set<string> };

/**
 * Compares what hosts have with what the rows want, and mends the difference; level-triggered, so it needs
 * no memory of what happened and no durable job. A host that does not answer is marked, and nothing of it
 * is touched; one that hangs holds up no other.
 */
export async function reconcileWorkspaces({ ctx }: { ctx: Ctx }): Promise<Reconciled> {
  const done: Reconciled = { orphans: 0, vanished: 0, ended: 0, stuck: 0, unmounted: 0, unreachable: 0 };
  shared.labyardComparing ??= new Set();
  const comparing = shared.labyardComparing;
  const work = (await ctx.db.select().from(hosts)).map(async (host) => {
    if (comparing.has(host.id)) return;
    comparing.add(host.id);
    try {
      await reconcileHost(ctx, host, done);
    } catch (error) {
      done.unreachable++;
      ctx.log.warn({ err: error, host: host.name }, "host does not answer; nothing of it is touched");
      await recordHostHealth(ctx, host.id, "unreachable").catch(() => undefined);
    } finally {
      comparing.delete(host.id);
    }
  });
  await inTime(Promise.all(work), patienceMs);
  await carryOutStops(ctx, null, done);
  done.stuck += await failStuckStarts(ctx);
  await releaseStrayHomes(ctx);
  await recountReservations({ ctx });
  await placeWaiting({ ctx });
  await renewTurns({ ctx });
  return done;
}

type Host = typeof hosts.$inferSelect;
type HostRef = WorkspaceRef["host"] & Pick<Host, "driver">;

async function reconcileHost(ctx: Ctx, host: Host, done: Reconciled): Promise<void> {
  if (!(await measureHost({ ctx, input: host }))) {
    done.unreachable++;
    return recordHostHealth(ctx, host.id, "unreachable");
  }
  const ref = { id: host.id, endpoint: host.endpoint, driver: host.driver };
  // A region's leaks are found by its ledger.
  if (host.driver === "ecs") await lookAfterRegion(ctx, ref);
  const seen = await driverFor(host.driver).list(ref);
  if (host.driver === "docker") await removeOrphans(ctx, ref, seen, done);
  if (host.driver === "docker") await removeStaleGateways(ctx, ref, done);
  await failVanished(ctx, ref, seen, done);
  await settleFreezes(ctx, seen);
  await carryOutStops(ctx, host.id, done);
  await unmountStray(ctx, ref, done);
  await recordHostHealth(ctx, host.id, "ok");
}

type Seen = { workspaceId: string; externalId: string; running: boolean; frozen: boolean };

/**
 * Of the workspaces that a host has something of, those that ended or were never wanted. Rows are read after the
 * listing, and a row is always there before its container: one without a row comes from another database. Few are
 * swept up; many say that it is the database that was exchanged, and none is touched.
 */
async function unwantedOf(ctx: Ctx, host: HostRef, ids: readonly string[]): Promise<Set<string>> {
  const rows = ids.length
    ? await ctx.db
        .select({ id: workspaces.id, state: workspaces.state })
        .from(workspaces)
        .where(inArray(workspaces.id, [...ids]))
    : [];
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  const unknown = ids.filter((id) => !states.has(id)).length;
  const spared = unknown > fewUnknown && unknown * 2 > ids.length;
  if (spared) {
    ctx.log.error(
      { host: host.id, unknown },
      "the database knows too few of these containers; none is removed",
    );
  }
  return new Set(
    ids.filter((id) => {
      const state = states.get(id);
      return state ? isFinal(state) : !spared;
    }),
  );
}

async function removeOrphans(
  ctx: Ctx,
  host: HostRef,
  seen: readonly Seen[],
  done: Reconciled,
): Promise<void> {
  const ids = seen.map(({ workspaceId }) => workspaceId);
  const unwanted = await unwantedOf(ctx, host, ids);
  for (const { workspaceId, externalId } of seen) {
    if (!unwanted.has(workspaceId)) continue;
    await driverFor(host.driver).destroy({ id: workspaceId, purpose: "attempt", host, externalId });
    done.orphans++;
  }
}

/** Gateways that showed the home of a workspace elsewhere, as one that somebody opened while it ended. */
async function removeStaleGateways(ctx: Ctx, host: HostRef, done: Reconciled): Promise<void> {
  const driver = driverFor(host.driver);
  for (const id of await unwantedOf(ctx, host, await driver.gateways(host, "all"))) {
    await driver.removeGateway(host, id);
    done.orphans++;
  }
}

/** What should run and does not has failed, once the host has said so of this one by name. */
async function failVanished(ctx: Ctx, host: HostRef, seen: readonly Seen[], done: Reconciled): Promise<void> {
  const expected = await expectedOn(ctx, host.id);
  const running = new Map(seen.map((one) => [one.workspaceId, one.running]));
  for (const row of expected) {
    if (running.get(row.id)) continue;
    const now = await driverFor(host.driver).observe({
      id: row.id,
      purpose: row.purpose,
      host,
      externalId: row.externalId,
    });
    if (now.state === "running" || now.state === "paused") continue;
    // An instance is on its way up.
    if (now.state === "created" && host.driver === "ecs") continue;
    const oom = now.state === "exited" && now.outOfMemory;
    const gone = host.driver === "ecs" && (await isReclaimed(ctx, row.id)) ? "reclaimed" : "vanished";
    const cause = now.state === "missing" ? gone : oom ? "outOfMemory" : "exited";
    try {
      await failWorkspace({ ctx, input: { workspaceId: row.id, cause } });
      done.vanished++;
    } catch (error) {
      // What is wrong with one row is no news of its host.
      ctx.log.error({ err: error, workspace: row.id }, "what is gone could not be written down");
    }
  }
}

/**
 * Carries out the stops of a host (null: of those that never got one) that nobody else has carried out in
 * time. The same verbs as the job's, and as repeatable: both at once do no harm.
 */
async function carryOutStops(ctx: Ctx, hostId: string | null, done: Reconciled): Promise<void> {
  const rows = await ctx.db
    .select({ id: workspaces.id, state: workspaces.state, reason: workspaces.stopReason })
    .from(workspaces)
    .where(
      and(
        eq(workspaces.desired, "stopped"),
        inArray(workspaces.state, liveStates),
        lt(workspaces.stateAt, before(ctx, silentMs)),
        hostId ? eq(workspaces.hostId, hostId) : isNull(workspaces.hostId),
      ),
    );
  for (const { id, state, reason } of rows) {
    try {
      if (state !== "stopping") {
        const move = { to: "stopping", reason: reason ?? "reconcile" } as const;
        await transact(ctx.db, (tx) => moveWorkspace(ctx, tx, id, move));
      }
      await removeOutside({ ctx, input: { workspaceId: id } });
      await finishWorkspace({ ctx, input: { workspaceId: id } });
      done.ended++;
    } catch (error) {
      done.stuck++;
      ctx.log.warn({ err: error, workspace: id }, "a stop is still not done; it is tried again");
    }
  }
}

/** A home on the slot of a workspace that is final. Others are a collection's or a reader's, which see to theirs. */
async function unmountStray(ctx: Ctx, host: HostRef, done: Reconciled): Promise<void> {
  const driver = driverFor(host.driver);
  const mounts = await driver.mounts(host);
  if (mounts.length === 0) return;
  const over = await ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(
      and(
        inArray(
          workspaces.id,
          mounts.map(({ workspaceId }) => workspaceId),
        ),
        inArray(workspaces.state, [...finalStates]),
      ),
    );
  const strays = mounts.filter(({ workspaceId }) => over.some(({ id }) => id === workspaceId));
  for (const mount of strays) {
    const [home] = await ctx.db.select().from(homes).where(eq(homes.id, mount.homeId));
    if (!home) continue;
    try {
      await driver.unmountHome(
        { id: home.id, host, sizeMb: home.sizeMb, fence: home.fence },
        mount.workspaceId,
      );
      done.unmounted++;
    } catch (error) {
      ctx.log.warn({ err: error, home: home.id }, "a stray mount is still there; it is tried again");
    }
  }
}

const before = (ctx: Ctx, ms: number) => new Date(ctx.clock.now().getTime() - ms);

/** A start that nobody carries on any more: past its time-out and a good margin, it is given up. */
async function failStuckStarts(ctx: Ctx): Promise<number> {
  const rows = await ctx.db
    .select({
      id: workspaces.id,
      since: workspaces.stepAt,
      step: workspaces.step,
      health: workspaces.health,
      spec: templateVersions.spec,
    })
    .from(workspaces)
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .where(and(eq(workspaces.desired, "running"), inArray(workspaces.state, ["provisioning", "booting"])));
  let failed = 0;
  for (const row of rows) {
    // A long line before it is no fault of its own.
    if (row.step === "turn" && row.health === "ok") continue;
    const patienceMs = row.spec.startTimeoutSeconds * 1_000 + 10 * 60_000;
    if (row.since && row.since > before(ctx, patienceMs)) continue;
    const cause = row.health === "unreachable" ? "hostUnreachable" : "startTimeout";
    await failWorkspace({ ctx, input: { workspaceId: row.id, cause } });
    failed++;
  }
  return failed;
}

/** A home held by a workspace that is final, or by a collection that is over, is nobody's. */
async function releaseStrayHomes(ctx: Ctx): Promise<void> {
  const finalWorkspaces = ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(inArray(workspaces.state, [...finalStates]));
  await ctx.db.update(homes).set({ mountedBy: null }).where(inArray(homes.mountedBy, finalWorkspaces));
  const over = ctx.db
    .select({ id: collections.id })
    .from(collections)
    .where(inArray(collections.state, ["done", "failed", "pending"]));
  await ctx.db.update(homes).set({ mountedBy: null }).where(inArray(homes.mountedBy, over));
}

async function inTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
