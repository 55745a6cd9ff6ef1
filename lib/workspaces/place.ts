import { and, asc, eq } from "drizzle-orm";
import { type Tx, transact } from "@/db/client";
import { homes, hosts, workspaces } from "@/db/schema/workspaces";
import { withinBudget } from "@/lib/costs";
import { pickHost, reserve } from "@/lib/hosts";
import type { Ctx } from "@/lib/platform/context";
import { recordHealth } from "./health";
import { createHome } from "./homes";
import { failWorkspace } from "./provision";
import { forecastQueue, type HostRow, listHolders, loadQueue, type Queued, roomOf } from "./queue/load";
import { fairOrder } from "./queue/order";
import { fitsNowhere, mayTake, planPlaces } from "./queue/plan";
import { tellPositions } from "./queue/tell";
import { tellStep } from "./record-event";
import { moveWorkspace } from "./state";
import { grantTurns } from "./turns";
import { evictWarm } from "./warm/evict";

/** What `workspaces.step` says of one in the queue for whose home no host has disk. */
const diskStep = "disk";

/** So many are placed in one transaction: others wait for the hosts' locks meanwhile. */
const mostAtOnce = 25;

/**
 * Gives hosts to those who wait, in the fair order of `queue/order.ts`. One pass is one transaction under the
 * locks of all hosts' rows, so two passes at once, in any copies of the service, go one after the other: the
 * order holds, and no memory or disk is promised twice. Whoever finds no room is `queued` and told their
 * position and until when about; whoever would never find any fails at once.
 */
export async function placeWaiting({ ctx }: { ctx: Ctx }): Promise<{ placed: string[]; queued: string[] }> {
  const placed: string[] = [];
  for (;;) {
    const pass = await transact(ctx.db, (tx) => placeSome(ctx, tx));
    placed.push(...pass.placed);
    if (pass.more) continue;
    for (const { id } of pass.tooLarge)
      await failWorkspace({ ctx, input: { workspaceId: id, cause: "tooLarge" } });
    for (const id of pass.overBudget)
      await failWorkspace({ ctx, input: { workspaceId: id, cause: "overBudget" } });
    for (const one of pass.left) {
      const health = answers(pass.hosts, one) ? "ok" : "unreachable";
      if (one.health !== health) await recordHealth(ctx, one.id, health);
    }
    if (pass.left.length > 0) await evictWarm({ ctx });
    return { placed, queued: pass.left.map(({ id }) => id) };
  }
}

type Pass = {
  placed: string[];
  more: boolean;
  left: Queued[];
  tooLarge: Queued[];
  /** Their course has no money for them any more. */
  overBudget: string[];
  hosts: HostRow[];
};

async function placeSome(ctx: Ctx, tx: Tx): Promise<Pass> {
  // The locks come first; what is read after them is what the last pass has left.
  const rows = await tx.select().from(hosts).orderBy(asc(hosts.id)).for("update");
  const all = await loadQueue(tx);
  const tooLarge = all.filter((one) => fitsNowhere(one, rows.map(largest)));
  const queue = all.filter((one) => !tooLarge.includes(one));
  const done: Pass = { placed: [], more: false, left: [], tooLarge, overBudget: [], hosts: rows };
  if (queue.length === 0) return done;
  const holders = await listHolders(tx);
  const nowMs = ctx.clock.now().getTime();
  const order = fairOrder(queue, students(holders), nowMs);
  const plan = planPlaces(order, rows.map(roomOf), nowMs);
  const byId = new Map(queue.map((one) => [one.id, one]));
  const noDisk = new Set<string>();
  for (const [id, hostId] of [...plan].slice(0, mostAtOnce)) {
    const one = byId.get(id);
    if (one?.driver === "ecs" && !(await withinBudget({ ctx, tx, input: { workspaceId: id } })))
      done.overBudget.push(id);
    else if (one) {
      const placed = await placeOne(ctx, tx, one, hostId, nowMs + done.placed.length);
      if (placed === "placed") done.placed.push(id);
      // There is an instance for them, and no host with disk for their home: they wait as others do.
      else if (placed === "noDisk") {
        plan.delete(id);
        noDisk.add(id);
      }
    }
  }
  for (const hostId of new Set(plan.values())) await grantTurns(ctx, tx, hostId);
  done.more = plan.size > mostAtOnce;
  if (done.more) return done;
  // Stopped between reading and placing: their end is asked for already.
  done.left = order.flatMap(({ id }) => (plan.has(id) ? [] : (byId.get(id) ?? [])));
  await queueUp(ctx, tx, done.left, rows);
  await tellDisk(ctx, tx, done.left, noDisk);
  return done;
}

const students = (holders: Awaited<ReturnType<typeof listHolders>>) =>
  holders.filter(({ purpose }) => purpose !== "warm");

const largest = ({ id, driver, memoryMb, diskMb, status }: HostRow) => ({
  id,
  driver,
  memoryMb: status === "disabled" ? 0 : memoryMb,
  diskMb,
  // A host that never answered has a row without figures.
  known: memoryMb > 0,
});

/** With the rows that it writes on. */
async function placeOne(
  ctx: Ctx,
  tx: Tx,
  one: Queued,
  hostId: string,
  atMs: number,
): Promise<"placed" | "stopped" | "noDisk"> {
  const [still] = await tx
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(and(eq(workspaces.id, one.id), eq(workspaces.desired, "running"), eq(workspaces.state, one.state)))
    .for("update");
  if (!still) return "stopped";
  const homeId = await placeHome(ctx, tx, one, hostId);
  if (!homeId) return "noDisk";
  if (!(await reserve({ tx, input: { hostId, memoryMb: one.memoryMb, diskMb: one.diskMb } })))
    throw new Error("a locked host has changed");
  const moved = await moveWorkspace(ctx, tx, one.id, {
    to: "provisioning",
    reason: "placed",
    // A millisecond apart: turns to boot go by it.
    patch: { hostId, homeId, step: "turn", stepAt: new Date(atMs) },
  });
  return moved ? "placed" : "stopped";
}

/**
 * The home, made or grown in its row. One for a container lies on the container's host; one for an instance of a
 * cloud on any Docker host with disk for it: null while there is none.
 */
async function placeHome(ctx: Ctx, tx: Tx, one: Queued, hostId: string): Promise<string | null> {
  const { home, homeGrowsMb: diskMb } = one;
  let homeHostId = home?.hostId ?? hostId;
  if (one.driver === "ecs" && diskMb > 0) {
    if (!home) {
      const host = await pickHost({ ctx: { db: tx }, input: { memoryMb: 0, diskMb } });
      if (!host) return null;
      homeHostId = host.id;
    }
    if (!(await reserve({ tx, input: { hostId: homeHostId, memoryMb: 0, diskMb } }))) return null;
  }
  if (!home) return createHome(ctx, tx, { ...ownerOf(one), hostId: homeHostId, sizeMb: one.homeMb });
  if (diskMb > 0) await tx.update(homes).set({ sizeMb: one.homeMb }).where(eq(homes.id, home.id));
  return home.id;
}

function ownerOf({ taskId, userId }: Queued): { taskId: string; userId: string } {
  if (!taskId || !userId) throw new Error("a home needs a task and an owner");
  return { taskId, userId };
}

/** They wait, and know their position and, where it can be told, until when. */
async function queueUp(ctx: Ctx, tx: Tx, left: readonly Queued[], rows: readonly HostRow[]): Promise<void> {
  if (left.length === 0) return;
  const known = new Set<string>();
  for (const one of left) {
    if (one.state === "queued") known.add(one.id);
    else if (await moveToQueue(ctx, tx, one.id)) known.add(one.id);
  }
  // The rows as they are now: what was placed in this pass holds room and has left the queue.
  const hostsNow = await tx.select().from(hosts).orderBy(asc(hosts.id));
  const expected = await forecastQueue(ctx, tx, {
    queue: left.slice(0, mostForecast),
    holders: await listHolders(tx),
    hosts: hostsNow.length ? hostsNow : [...rows],
  });
  await tellPositions(
    ctx,
    tx,
    left
      .filter(({ id }) => known.has(id))
      .map((one, index) => {
        const at = expected.get(one.id);
        return { ...one, position: index + 1, until: at === undefined ? null : new Date(at) };
      }),
  );
}

/** Whoever waits for disk on the hosts of homes, and not for others to end, is told so. */
async function tellDisk(
  ctx: Ctx,
  tx: Tx,
  left: readonly Queued[],
  noDisk: ReadonlySet<string>,
): Promise<void> {
  for (const one of left) {
    const step = noDisk.has(one.id) ? diskStep : null;
    if (step === one.step) continue;
    const which = and(eq(workspaces.id, one.id), eq(workspaces.state, "queued"));
    await tx.update(workspaces).set({ step }).where(which);
    await tellStep(ctx, tx, { id: one.id, userId: one.userId, attemptId: null }, step);
  }
}

/** Further behind, a time would be a guess on a guess. */
const mostForecast = 300;

const moveToQueue = (ctx: Ctx, tx: Tx, workspaceId: string): Promise<boolean> =>
  moveWorkspace(ctx, tx, workspaceId, {
    to: "queued",
    reason: "full",
    only: eq(workspaces.desired, "running"),
  });

/** Whether a host that takes workspaces, or the one where the home lies, answered when it was last asked. */
const answers = (rows: readonly HostRow[], one: Queued): boolean =>
  rows.some((host) => host.health === "ok" && host.status !== "disabled" && mayTake(host, one));
