import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { and, eq, gt, inArray, lt, notInArray, sql } from "drizzle-orm";
import { database, databaseNow } from "@/db/client";
import {
  attempts,
  auditLog,
  collectedFiles,
  collections,
  homes,
  hosts,
  tickets,
  workspaceEvents,
  workspaces,
} from "@/db/schema";
import type { History } from "./history";
import type { Lab } from "./lab";

const final = new Set(["stopped", "failed"]);
/** From where to where the life of a workspace leads (design 4); a word of its own, so that a change there is noticed here. */
const legal: Record<string, readonly string[]> = {
  requested: ["requested", "queued", "provisioning", "stopping"],
  queued: ["queued", "provisioning", "stopping"],
  provisioning: ["provisioning", "booting", "stopping"],
  booting: ["booting", "ready", "stopping"],
  ready: ["ready", "paused", "stopping"],
  paused: ["paused", "ready", "stopping"],
  stopping: ["stopping", "stopped", "failed"],
};

/** Every way in which what is there breaks I1 to I9; empty when all hold. */
export async function violations(lab: Lab, history: History): Promise<string[]> {
  const db = database();
  const found: string[] = [];
  const rows = await db.select().from(workspaces);
  const live = rows.filter(({ state }) => !final.has(state));
  const byId = new Map(rows.map((row) => [row.id, row]));

  // I1: containers are rows in live states, one each.
  const all = await lab.engine.docker.listContainers({
    all: true,
    filters: { label: [`labyard.deploy=${lab.service.deploy}`] },
  });
  const containers = all.flatMap(({ Labels }) => Labels["labyard.workspace"] ?? []);
  for (const id of containers)
    if (!live.some((row) => row.id === id)) found.push(`I1 orphan container of ${id}`);
  for (const { id, state } of live) {
    const count = containers.filter((one) => one === id).length;
    if (state === "ready" && count !== 1) found.push(`I1 ${id} is ready with ${count} containers`);
    if (count > 1) found.push(`I1 ${id} has ${count} containers`);
  }

  // I2: one live run for a person and a task.
  const open = await db.select().from(attempts);
  const taskOf = new Map(open.map((row) => [row.id, row.taskId]));
  const seen = new Set<string>();
  for (const row of live) {
    const key = `${row.userId} ${taskOf.get(row.attemptId ?? "")}`;
    if (row.purpose === "attempt" && seen.has(key)) found.push(`I2 two live workspaces of ${key}`);
    seen.add(key);
  }

  // I3: nothing left over.
  found.push(...(await leftOver(lab, rows, all)));

  // I5: nothing is on its way for ever.
  for (const { id, state, cause } of live)
    if (state !== "ready") found.push(`I5 ${id} is still ${state} ${cause ?? ""}`);
  const now = await databaseNow();
  for (const { id } of open.filter((row) => row.state === "open" && row.deadlineAt && row.deadlineAt <= now))
    found.push(`I5 ${id} is open past its deadline`);
  for (const { id, state } of await db
    .select({ id: collections.id, state: collections.state })
    .from(collections)
    .where(inArray(collections.state, ["pending", "running"])))
    found.push(`I5 collection ${id} is ${state}`);

  // I6: counters are what a replay gives.
  found.push(...(await replayed(rows, open)));

  // I4, I8: what was acknowledged is there, and written down by whom.
  found.push(...(await acknowledged(lab, history, byId)));

  // I9: no home was lost.
  for (const { id, fence } of await db.select().from(homes))
    if (fence > 0 && !existsSync(`${lab.root}/store/homes/${id}.ext4`))
      found.push(`I9 home ${id} is not there`);
  return found;
}

type Rows = (typeof workspaces.$inferSelect)[];

async function leftOver(
  lab: Lab,
  rows: Rows,
  containers: { Labels: Record<string, string>; State: string }[],
): Promise<string[]> {
  const found: string[] = [];
  const db = database();
  const readers = containers.filter(({ Labels }) => Labels["labyard.reader"]).length;
  if (readers > 0) found.push(`I3 ${readers} readers`);
  const mounters = containers.filter(({ Labels }) => Labels["labyard.purpose"] === "mounter").length;
  if (mounters > 1) found.push(`I3 ${mounters} mount helpers`);
  const gateways = containers.filter(({ Labels }) => Labels["labyard.purpose"] === "guacd").length;
  if (gateways > 1) found.push(`I3 ${gateways} desktop gateways`);
  const networks = (await lab.engine.docker.listNetworks()).filter(({ Name }) => Name.startsWith("labyard-"));
  if (networks.length > 3) found.push(`I3 ${networks.length} networks`);
  const mounted = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  const slots = `${lab.root}/store/slots/`;
  for (const at of mounted.filter((one) => one.startsWith(slots) && one.endsWith("/student"))) {
    const id = at.split("/").at(-2);
    if (!rows.some((row) => row.id === id && !final.has(row.state))) found.push(`I3 mount ${at}`);
  }
  for (const home of await db.select().from(homes)) {
    const holder = rows.find((row) => row.id === home.mountedBy);
    if (home.mountedBy && (!holder || final.has(holder.state)))
      found.push(`I3 home ${home.id} is held by nobody`);
  }
  const views = mounted.filter((one) => one.startsWith(`${lab.root}/store/views/`));
  if (views.length > 0) found.push(`I3 ${views.length} views`);
  const incoming = `${lab.root}/files/incoming`;
  const half = existsSync(incoming) ? readdirSync(incoming) : [];
  if (half.length > 0) found.push(`I3 ${half.length} half files`);
  const hourAgo = new Date((await databaseNow()).getTime() - 2 * 3_600_000);
  const old = await db.select().from(tickets).where(lt(tickets.expiresAt, hourAgo));
  if (old.length > 0) found.push(`I3 ${old.length} old tickets`);
  return found;
}

async function replayed(rows: Rows, all: (typeof attempts.$inferSelect)[]): Promise<string[]> {
  const found: string[] = [];
  const db = database();
  for (const host of await db.select().from(hosts)) {
    const memory = rows
      .filter((row) => row.hostId === host.id && !final.has(row.state))
      .reduce((sum, row) => sum + row.memoryMb, 0);
    if (memory !== host.memoryReservedMb)
      found.push(`I6 ${host.memoryReservedMb} MB reserved, the rows have ${memory}`);
  }
  const numbers = new Map<string, number[]>();
  for (const row of all) {
    const key = `${row.userId} ${row.taskId}`;
    numbers.set(key, [...(numbers.get(key) ?? []), row.number]);
  }
  for (const [key, list] of numbers) {
    const sorted = list.sort((a, b) => a - b);
    // A try whose clock never started costs none: its number is given again.
    if (sorted.some((n, i) => n > i + 1)) found.push(`I6 attempts of ${key} are numbered ${sorted.join()}`);
  }
  const events = await db.select().from(workspaceEvents).orderBy(workspaceEvents.at, workspaceEvents.id);
  const at = new Map<string, string>();
  for (const { workspaceId, from, to } of events) {
    const before = at.get(workspaceId);
    if (before !== undefined && before !== from)
      found.push(`I6 ${workspaceId} went from ${from}, but was ${before}`);
    if (from !== null && !legal[from]?.includes(to))
      found.push(`I6 ${workspaceId} went from ${from} to ${to}`);
    at.set(workspaceId, to);
  }
  for (const { id, state } of rows)
    if (at.get(id) !== state) found.push(`I6 ${id} is ${state}, its events end with ${at.get(id)}`);
  return found;
}

async function acknowledged(lab: Lab, history: History, byId: Map<string, Rows[number]>): Promise<string[]> {
  const found: string[] = [];
  const db = database();
  const audits = await db.select().from(auditLog);
  const audited = new Set(audits.map(({ action, targetId, actor }) => `${action} ${targetId} ${actor}`));
  const starts = new Set(history.of("start").map(({ workspaceId, user }) => `${workspaceId} ${user}`));
  for (const one of starts) {
    const [id = "", user] = one.split(" ");
    if (!byId.has(id)) found.push(`I4 the acknowledged start of ${id} has no row`);
    const requested = byId.get(id);
    // A restart after a stop is its own predecessor's wish; whoever came second was given the first one's.
    if (requested && requested.userId !== user) found.push(`I4 ${id} belongs to somebody else`);
    const bySuccession = !audited.has(`workspace.start ${id} user:${user}`);
    if (bySuccession && !(await isSuccessor(id))) found.push(`I8 nobody is on record for the start of ${id}`);
  }
  for (const { workspaceId, user } of history.of("stop")) {
    if (byId.get(workspaceId)?.desired !== "stopped")
      found.push(`I4 the acknowledged stop of ${workspaceId} is lost`);
    const alone = audited.has(`workspace.stop ${workspaceId} user:${user}`);
    if (!alone && byId.get(workspaceId)?.stopReason === "student")
      found.push(`I8 no record of the stop of ${workspaceId}`);
  }
  const ended = new Map(
    (await db.select().from(attempts).where(eq(attempts.state, "ended"))).map((row) => [row.id, row]),
  );
  for (const { attemptId, user } of history.of("end")) {
    if (!ended.has(attemptId)) found.push(`I4 the acknowledged end of ${attemptId} is lost`);
    if (
      ended.get(attemptId)?.endReason === "student" &&
      !audited.has(`attempt.end ${attemptId} user:${user}`)
    )
      found.push(`I8 no record of the end of ${attemptId}`);
  }
  const kept = new Map<string, string | null>();
  for (const row of await db
    .select({ attemptId: collections.attemptId, path: collectedFiles.path, sha256: collectedFiles.sha256 })
    .from(collectedFiles)
    .innerJoin(collections, eq(collections.id, collectedFiles.collectionId))
    .where(eq(collections.state, "done")))
    kept.set(`${row.attemptId} ${row.path}`, row.sha256);
  for (const { attemptId, path, sha256 } of history.of("save")) {
    // Files of attempts that are open are in the home; they are read where it is mounted now.
    const holder = [...byId.values()].find((row) => row.attemptId === attemptId && !final.has(row.state));
    if (ended.has(attemptId)) {
      if (kept.get(`${attemptId} ${path}`) !== sha256)
        found.push(`I4 ${path} of ${attemptId} was not collected`);
    } else if (holder?.state === "ready") {
      const file = `${lab.root}/store/slots/${lab.service.deploy}/${holder.id}/student/${path}`;
      if (!existsSync(file)) found.push(`I4 ${path} is not in the home of ${holder.id}`);
      else if (createHash("sha256").update(readFileSync(file)).digest("hex") !== sha256)
        found.push(`I4 ${path} has other bytes in the home of ${holder.id}`);
    }
  }
  return found;
}

/** Whether a workspace was requested by the end of the one before it. */
async function isSuccessor(workspaceId: string): Promise<boolean> {
  const [first] = await database()
    .select({ actor: workspaceEvents.actor })
    .from(workspaceEvents)
    .where(and(eq(workspaceEvents.workspaceId, workspaceId), eq(workspaceEvents.to, "requested")));
  return first?.actor.startsWith("system:") ?? false;
}

/** How many requests wait, for a fault that must not pile them up. */
export async function eventLoopMs(url: string): Promise<number> {
  const began = performance.now();
  const { port } = new URL(url);
  await fetch(`http://127.0.0.1:${port}/api/health`, { signal: AbortSignal.timeout(5_000) });
  return performance.now() - began;
}

export const liveCount = async (): Promise<number> =>
  Number(
    (
      await database()
        .select({ n: sql<number>`count(*)` })
        .from(workspaces)
        .where(and(notInArray(workspaces.state, ["stopped", "failed"]), gt(workspaces.memoryMb, 0)))
    )[0]?.n ?? 0,
  );
