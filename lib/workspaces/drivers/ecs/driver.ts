import { eq } from "drizzle-orm";
import type { CloudSpec, TemplateSpec } from "@/db/schema/templates";
import { hosts } from "@/db/schema/workspaces";
import {
  deleteInstance,
  instanceOf,
  listInstances,
  moveGuard,
  replaceSystemDisk,
  runInstance,
  snapshotDisk,
  startInstance,
  stopInstance,
} from "@/lib/clouds";
import { conflict, notFound, toAppError, unavailable } from "@/lib/platform/errors";
import { ensureDriveGuacd, removeDriveGuacd } from "../docker/drive";
import { dockerDriver } from "../docker/driver";
import { placeMaterials } from "../docker/materials";
import type { Driver, HomeRef, HostFacts, HostRef, Observed, WorkspaceRef, WorkspaceSpec } from "../driver";
import { userDataFor } from "./account";
import { deliverHome } from "./deliver";
import { desktop } from "./desktop";
import { isAtRest } from "./fetch";
import { fetchInTurn, files } from "./files";
import { keyOf } from "./key";
import { busy, logs, stats } from "./look";
import { cloudCtx, type Known, knownOf, linkOf, observed } from "./machine";
import { passwordOf } from "./password";
import { probe } from "./probe";
import { hasSettled } from "./settled";
import { exec } from "./shell";
import { unlink } from "./ssh";

const rdpPort = 3389;
const sshPort = 22;
const hourMs = 3_600_000;
/** So far ahead the guard of what has no end stands; the reconciler moves it on. */
const openEndMs = 6 * hourMs;
/** The guard stands behind the end by so much at least. */
const spareMs = 10 * 60_000;

/** Only a mistake of ours brings another kind here. */
function cloudSpec(template: TemplateSpec): CloudSpec {
  if (template.driver !== "ecs") throw new Error(`no instance for a template of ${template.driver}`);
  return template;
}

/** The region answers. It has no memory or disk of ours to measure: how many there may be is an administrator's word. */
async function prepareHost(host: HostRef): Promise<HostFacts> {
  const ctx = cloudCtx();
  const [row] = await ctx.db.select().from(hosts).where(eq(hosts.id, host.id));
  if (!row) throw notFound("host");
  const all = await listInstances({ ctx, input: { hostId: host.id } });
  const none = { cpus: 0, diskMb: 0, diskFreeMb: 0, load: 0 };
  return {
    ...none,
    engine: row.endpoint.slice(0, 80),
    memoryMb: row.memoryMb,
    memoryFreeMb: Math.max(0, row.memoryMb - all.length),
  };
}

/** When it will be over, as far as it can be told: an attempt's time begins when its first desktop is up. */
function endOf({ spec, deadlineAt, durationMinutes }: Known, now: Date): Date {
  const whole = durationMinutes === null ? null : durationMinutes * 60_000 + spec.startTimeoutSeconds * 1_000;
  const ends = [deadlineAt?.getTime(), whole === null ? undefined : now.getTime() + whole];
  const known = ends.filter((at) => at !== undefined);
  return new Date(known.length > 0 ? Math.min(...known) : now.getTime() + openEndMs);
}

/** Orders the instance. Until it has an address this throws `cloud.notReady`: ask again. */
async function ensure(spec: WorkspaceSpec): Promise<{ externalId: string; address: string }> {
  const ctx = cloudCtx();
  const template = cloudSpec(spec.template);
  const password = passwordOf(spec.secret);
  const before = await instanceOf({ ctx, input: { workspaceId: spec.id } });
  if (!before?.externalId || before.desired === "gone") {
    const known = await knownOf(ctx, spec.id);
    const guardAt = endOf(known, ctx.clock.now());
    await runInstance({
      ctx,
      input: {
        hostId: spec.host.id,
        workspaceId: spec.id,
        spec: template,
        password,
        userData: userDataFor(template, password),
        guardAt,
        tags: { attempt: known.attemptId, expires: guardAt },
      },
    });
  }
  const { state, externalId, address } = await observed(spec.id);
  if (state === "missing") throw conflict("workspaceGone");
  // It has a new disk.
  if (state === "stopped") await startInstance({ ctx, input: { workspaceId: spec.id } });
  if (state === "stopping" || !externalId || !address) throw unavailable("cloud.notReady");
  return { externalId, address: `${address}:${rdpPort}` };
}

/** Stops it, where it keeps its place and costs on, and replaces its disk; its password is the one that it had. */
const renewDisk: Driver["renewDisk"] = async ({ id: workspaceId, template, secret }) => {
  const ctx = cloudCtx();
  const { state } = await observed(workspaceId);
  if (state === "missing") throw conflict("workspaceGone");
  unlink(workspaceId);
  if (state === "running") await stopInstance({ ctx, input: { workspaceId, keep: true } });
  if (state !== "stopped") return false;
  const { image } = cloudSpec(template);
  await replaceSystemDisk({ ctx, input: { workspaceId, image, password: passwordOf(secret) } });
  return true;
};

async function observe(workspace: WorkspaceRef): Promise<Observed> {
  const { state, externalId, address } = await observed(workspace.id);
  if (state === "missing") return { state: "missing" };
  const at = { externalId: externalId ?? "", address: address ? `${address}:${rdpPort}` : null };
  if (state === "running") return { state: "running", ...at };
  if (state === "stopping") return { state: "paused", ...at, falling: true };
  return { state: state === "stopped" ? "paused" : "created", ...at };
}

/** Stops it so that only its disk costs on. What was typed into windows is lost, as when a computer is switched off. */
async function pause(workspace: WorkspaceRef): Promise<void> {
  const { state } = await observed(workspace.id);
  if (state === "missing") throw conflict("workspaceGone");
  unlink(workspace.id);
  if (state === "stopped" || state === "stopping") return;
  await stopInstance({ ctx: cloudCtx(), input: { workspaceId: workspace.id } });
}

/** Starts it again; it answers some time later. `cloud.noStock`: its zone has none left. */
async function resume(workspace: WorkspaceRef): Promise<void> {
  const { state } = await observed(workspace.id);
  if (state === "missing") throw conflict("workspaceGone");
  // Not all the way down: it cannot be started yet.
  if (state === "stopping") throw unavailable("cloud.notReady");
  if (state === "stopped") await startInstance({ ctx: cloudCtx(), input: { workspaceId: workspace.id } });
}

async function deliver(
  workspace: WorkspaceRef,
  home: HomeRef,
  materials: WorkspaceSpec["materials"],
): Promise<void> {
  const { spec, secret } = await knownOf(cloudCtx(), workspace.id);
  if (spec.os === "linux")
    return deliverHome(await linkOf(workspace.id), home, materials, keyOf(secret).publicKey);
  // The home itself is the drive that Windows sees; the link in it leads to the materials beside it, read-only.
  await placeMaterials(home.host, workspace.id, materials);
  await ensureDriveGuacd(home.host, workspace.id, home);
}

/** Nothing to fetch from what is gone, or was fetched when it was stopped; from what sleeps otherwise it cannot be. */
const fetch: Driver["fetch"] = async (workspace, home, { resting = false } = {}) => {
  const { spec } = await knownOf(cloudCtx(), workspace.id);
  if (spec.os !== "linux") return [];
  const row = await instanceOf({ ctx: cloudCtx(), input: { workspaceId: workspace.id } });
  // Its deletion is asked for only after all this.
  if (!row || row.desired === "gone") return [];
  const { state } = await observed(workspace.id);
  if (state === "missing") return [];
  if (state !== "running" && (await isAtRest(home))) return [];
  if (state !== "running") throw unavailable("hostUnreachable");
  const { leftOut } = await fetchInTurn(await linkOf(workspace.id), home, workspace.id, resting);
  return leftOut;
};

/** Moves the cloud's own guard behind the new end, where it is not already. */
async function extend(workspace: WorkspaceRef, until: Date | null): Promise<void> {
  const ctx = cloudCtx();
  const row = await instanceOf({ ctx, input: { workspaceId: workspace.id } });
  if (!row || row.desired === "gone") return;
  const nowMs = ctx.clock.now().getTime();
  // What has no end is looked at again long before this one comes.
  const enough = until ?? new Date(nowMs + openEndMs / 2);
  if (row.guardAt && row.guardAt.getTime() >= enough.getTime() + spareMs) return;
  try {
    const input = { workspaceId: workspace.id, until: until ?? new Date(nowMs + openEndMs) };
    await moveGuard({ ctx, input });
  } catch (error) {
    // Ordered a moment ago, for the end that was known then; its first minute at work sets the guard again.
    if (toAppError(error).key !== "cloud.notReady" && toAppError(error).code !== "not_found") throw error;
  }
}

/** How far the guard of what was just claimed may stand behind its end, before it is moved there. */
const lateMs = 45 * 60_000;

/** The guard of what waited for nobody comes to where it would be, had its student ordered it. */
async function guardAnew(workspaceId: string): Promise<void> {
  const ctx = cloudCtx();
  const [row, known] = await Promise.all([
    instanceOf({ ctx, input: { workspaceId } }),
    knownOf(ctx, workspaceId),
  ]);
  const until = endOf(known, ctx.clock.now());
  const behindMs = row?.guardAt ? row.guardAt.getTime() - until.getTime() : 0;
  if (behindMs < spareMs || behindMs > lateMs) await moveGuard({ ctx, input: { workspaceId, until } });
}

/** The instance, and the place on a Docker host where its student's home was kept at hand. */
async function destroy(workspace: WorkspaceRef): Promise<void> {
  unlink(workspace.id);
  const ctx = cloudCtx();
  const { gone } = await deleteInstance({ ctx, input: { workspaceId: workspace.id } });
  if (!gone) return;
  const homeHost = await knownOf(ctx, workspace.id).then(
    (known) => known.homeHost,
    () => null,
  );
  if (homeHost) await removeDriveGuacd(homeHost, workspace.id);
}

async function list(host: HostRef): ReturnType<Driver["list"]> {
  const found = await listInstances({ ctx: cloudCtx(), input: { hostId: host.id } });
  return found
    .filter(({ workspaceId }) => workspaceId !== "")
    .map(({ workspaceId, externalId, image, running, stopped }) => {
      return { workspaceId, externalId, image, running: running || stopped, frozen: stopped };
    });
}

/** Until it is stopped by the caller: a cloud says nothing by itself. */
const watch: Driver["watch"] = (_host, _onEnded, stopped) =>
  new Promise((resolve) => {
    if (stopped.aborted) resolve();
    stopped.addEventListener("abort", () => resolve());
  });

/** Instances of a cloud; their students' homes lie on a Docker host, and are brought there and back. */
export const ecsDriver: Driver = {
  ...dockerDriver,
  kind: "ecs",
  prepareHost,
  // Whether there is such an image, the order says: the cloud counts every call.
  checkImage: async (_host, image) => image,
  // In Windows the home is a drive of the gateway.
  unmountHome: async (home, workspaceId) => {
    await removeDriveGuacd(home.host, workspaceId);
    await dockerDriver.unmountHome(home, workspaceId);
  },
  renewDisk,
  // An order that is given up costs money: it waits until the home is there.
  create: async () => undefined,
  ensure,
  observe,
  probe: (address, { os = "linux" }) => probe(address, os, sshPort),
  busy: (_address, _template, _secret, workspace) => (workspace ? busy(workspace) : Promise.resolve(false)),
  hasSettled: ({ id }) => hasSettled(id),
  pause,
  resume,
  // What is in the home is brought when it is up.
  attach: async (workspace, home) => {
    await dockerDriver.mountHome(home, workspace.id);
    await guardAnew(workspace.id);
    await resume(workspace);
  },
  ensureGuacd: async () => {
    throw unavailable("hostError", new Error("a region has no gateway of its own"));
  },
  gateway: async (workspace, home) => {
    if (!home) throw notFound("workspace");
    const { spec } = await knownOf(cloudCtx(), workspace.id);
    if (spec.os === "linux") return dockerDriver.ensureGuacd(home.host);
    return ensureDriveGuacd(home.host, workspace.id, home);
  },
  desktop: (address, template, secret) => desktop(address, template, secret),
  // Clipboard and size go by RDP.
  agent: async () => {
    throw conflict("workspaceGone");
  },
  exec,
  deliver,
  fetch,
  preserve: async (workspace) => {
    const input = { workspaceId: workspace.id, reason: "unsaved" } as const;
    return (await snapshotDisk({ ctx: cloudCtx(), input })).done;
  },
  extend,
  stats,
  logs,
  destroy,
  list,
  watch,
  mounts: async () => [],
  ...files,
};
