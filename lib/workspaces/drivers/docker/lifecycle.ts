import type Docker from "dockerode";
import { z } from "zod";
import { protocols } from "@/db/schema/templates";
import { env } from "@/lib/platform/env";
import { AppError, conflict, unavailable } from "@/lib/platform/errors";
import type { HomeRef, HostRef, Observed, WorkspaceRef, WorkspaceSpec } from "../driver";
import { asHostError, orMissing, statusOf, withEngine } from "./connection";
import { type ContainerSpecified, workspaceBody } from "./container";
import { servicePort } from "./desktop";
import { attachHome, dropSlot, makeSlot } from "./homes";
import { imageFacts } from "./images";
import { bringMaterials, placeMaterials } from "./materials";
import { containerName, label, networkName } from "./names";
import { ensureNetwork } from "./networks";
import { prepareHost } from "./prepare";

type Inspected = Docker.ContainerInspectInfo;

/** Containers of before there were desktops have no such label. */
const portOf = ({ Config }: Inspected): number =>
  servicePort[z.enum(protocols).catch("jupyter").parse(Config.Labels[label.protocol])];

/** The container of a workspace, or undefined; one of that name that is not ours is an error, never touched. */
async function find(docker: Docker, workspaceId: string): Promise<Inspected | undefined> {
  const found = await orMissing(docker.getContainer(containerName(workspaceId)).inspect());
  if (!found) return undefined;
  const { Labels } = found.Config;
  if (Labels[label.deploy] !== env().DEPLOY_ID || Labels[label.workspace] !== workspaceId) {
    throw unavailable("hostError", new Error(`container ${containerName(workspaceId)} is not ours`));
  }
  return found;
}

/** The name is taken a moment before the container can be seen, when another call creates it. */
async function findSoon(docker: Docker, workspaceId: string): Promise<Inspected> {
  for (let left = 50; left > 0; left--) {
    const found = await find(docker, workspaceId);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw conflict("workspaceGone");
}

/** Networks and helper do not go away by themselves; `start` makes a network anew that somebody removed. */
const settledMs = 60_000;

/** An empty slot and a container on it that does not run: what is mounted in the slot by its start is seen in it. */
export async function create(spec: ContainerSpecified): Promise<void> {
  const { endpoint } = spec.host;
  const image = await imageFacts(endpoint, spec.template.image);
  // One that is booted without a home is given one in a hurry.
  await makeSlot(spec.host, spec.id, spec.home ? undefined : spec.template.diskMb);
  await withEngine(endpoint, async (docker) => {
    const { cpus } = await prepareHost(spec.host, settledMs);
    try {
      await docker.createContainer(workspaceBody(spec, image, cpus));
    } catch (error) {
      // An earlier call for the same workspace, or somebody else's just now.
      if (statusOf(error) === 409) return;
      // The slot was taken away: destroy was faster.
      if (/bind source path does not exist/.test(error instanceof Error ? error.message : "")) {
        throw conflict("workspaceGone");
      }
      if (statusOf(error) === 404)
        throw new AppError("unavailable", "imageMissing", { image: spec.template.image });
      throw error;
    }
  });
}

/** Starts what was created; creates it first where nobody has. */
export async function ensure(spec: ContainerSpecified): Promise<{ externalId: string; address: string }> {
  return withEngine(spec.host.endpoint, async (docker) => {
    let before = await find(docker, spec.id);
    if (!before) await create(spec);
    // The slot is there by now.
    await placeMaterials(spec.host, spec.id, spec.materials);
    before ??= await findSoon(docker, spec.id);
    // One that ran and ended is not run again: what it wrote is being looked after, or it is being removed.
    if (before.State.Status === "exited" || before.State.Dead) throw conflict("workspaceExited");
    if (!before.State.Running) await start(docker, spec);
    const after = await find(docker, spec.id);
    // It ended at once, or was destroyed meanwhile: the caller looks with `observe`.
    const ip = after?.NetworkSettings.Networks[networkName(spec.template.network)]?.IPAddress;
    if (!after || !ip) throw conflict("workspaceGone");
    return { externalId: after.Id, address: `${ip}:${servicePort[spec.template.protocol]}` };
  });
}

async function start(docker: Docker, spec: ContainerSpecified, again = true): Promise<void> {
  try {
    await docker.getContainer(containerName(spec.id)).start();
  } catch (error) {
    const status = statusOf(error);
    if (status === 304) return;
    if (again && status === 404 && /network .*not found/i.test(error instanceof Error ? error.message : "")) {
      await ensureNetwork(docker, spec.template.network);
      return start(docker, spec, false);
    }
    if (status === 404) throw conflict("workspaceGone");
    if (status === 409) throw conflict("workspaceGone");
    throw error;
  }
}

export async function observe(workspace: WorkspaceRef): Promise<Observed> {
  const found = await withEngine(workspace.host.endpoint, (docker) => find(docker, workspace.id));
  if (!found) return { state: "missing" };
  const { State, Id } = found;
  const [ip] = Object.values(found.NetworkSettings.Networks).map((network) => network.IPAddress);
  const at = { externalId: Id, address: ip ? `${ip}:${portOf(found)}` : null };
  if (State.Paused) return { state: "paused", ...at };
  if (State.Running) return { state: "running", ...at };
  if (State.Status === "created") return { state: "created", ...at };
  return { state: "exited", externalId: Id, exitCode: State.ExitCode, outOfMemory: State.OOMKilled };
}

export const pause = (workspace: WorkspaceRef): Promise<void> => turn(workspace, "pause");
export const resume = (workspace: WorkspaceRef): Promise<void> => turn(workspace, "unpause");

async function turn(workspace: WorkspaceRef, how: "pause" | "unpause"): Promise<void> {
  await withEngine(workspace.host.endpoint, async (docker) => {
    const found = await find(docker, workspace.id);
    if (!found?.State.Running) throw conflict("workspaceGone");
    // The engine calls it an error to freeze what is frozen.
    if (found.State.Paused === (how === "pause")) return;
    for (let tries = 3; ; tries--) {
      try {
        return await docker.getContainer(found.Id)[how]();
      } catch (error) {
        // Another call was faster.
        if ((await find(docker, workspace.id))?.State.Paused === (how === "pause")) return;
        // A machine that is very busy may not freeze all processes in the time that the runtime gives it.
        if (tries === 1 || statusOf(error) !== 500) throw error;
      }
    }
  });
}

/** Without looking first, where the engine's own name for it is known; whatever is odd is looked at. */
async function thawFast(workspace: WorkspaceRef): Promise<void> {
  const { externalId, host } = workspace;
  if (!externalId) return resume(workspace);
  await withEngine(host.endpoint, (docker) => docker.getContainer(externalId).unpause()).catch(() =>
    resume(workspace),
  );
}

/** Both at once: until it is `ready` nobody can reach it, so it matters not which ends first. */
export async function attach(
  workspace: WorkspaceRef,
  home: HomeRef,
  materials: WorkspaceSpec["materials"],
): Promise<void> {
  const mounted = bringMaterials(workspace.host, materials).then((names) =>
    attachHome(home, workspace.id, names),
  );
  const [mount, thaw] = await Promise.allSettled([mounted, thawFast(workspace)]);
  if (mount.status === "rejected") throw mount.reason;
  if (thaw.status === "rejected") throw thaw.reason;
}

/** Kills, removes, and takes the slot away; the home was synced by being unmounted. */
export async function destroy(workspace: WorkspaceRef): Promise<void> {
  await withEngine(workspace.host.endpoint, async (docker) => {
    if (!(await find(docker, workspace.id))) return;
    const container = docker.getContainer(containerName(workspace.id));
    try {
      await orMissing(container.remove({ force: true, v: true }));
    } catch (error) {
      // 409: another removal is under way; ours is done when that one is.
      if (statusOf(error) !== 409) throw asHostError(error);
      await gone(docker, workspace.id);
    }
  });
  await dropSlot(workspace.host, workspace.id);
}

async function gone(docker: Docker, workspaceId: string): Promise<void> {
  for (let left = 100; left > 0; left--) {
    if (!(await find(docker, workspaceId))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw unavailable("hostError", new Error(`removal of ${containerName(workspaceId)} does not end`));
}

export async function list(
  host: HostRef,
): Promise<{ workspaceId: string; externalId: string; running: boolean; frozen: boolean; image: string }[]> {
  const found = await withEngine(host.endpoint, (docker) =>
    docker.listContainers({
      all: true,
      filters: { label: [`${label.deploy}=${env().DEPLOY_ID}`, label.workspace] },
    }),
  );
  return found.map(({ Id, Labels, State, ImageID }) => ({
    workspaceId: Labels[label.workspace] ?? "",
    externalId: Id,
    running: State === "running" || State === "paused",
    frozen: State === "paused",
    image: ImageID,
  }));
}
