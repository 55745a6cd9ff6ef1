import { rm } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { env } from "@/lib/platform/env";
import { newId } from "@/lib/platform/ids";
import type { HomedSpec } from "../contract";
import type { HomeRef, HostRef, WorkspaceRef, WorkspaceSpec } from "../driver";
import { engine, engineStreams } from "./connection";
import type { ContainerSpecified } from "./container";
import { dockerDriver } from "./driver";
import { containerName, label, storePath } from "./names";
import { demultiplex } from "./stream";

// What the driver's tests share: things with ids of their own, a look inside, and a broom.

export const testHost = (): HostRef => ({ id: newId(), endpoint: env().DOCKER_HOST });

const homes: HomeRef[] = [];

export function newHome(host: HostRef, sizeMb = 64): HomeRef {
  const home = { id: newId(), host, sizeMb, fence: 1 };
  homes.push(home);
  return home;
}

export function newSpec(
  home: HomeRef,
  template: Partial<ContainerSpecified["template"]> = {},
  materials: WorkspaceSpec["materials"] = [],
): HomedSpec {
  return {
    id: newId(),
    purpose: "attempt",
    host: home.host,
    externalId: null,
    home,
    template: {
      driver: "docker",
      protocol: "jupyter",
      image: "labyard/jupyter",
      cpus: 1,
      memoryMb: 384,
      processes: 128,
      diskMb: home.sizeMb,
      env: {},
      network: "none",
      startTimeoutSeconds: 60,
      ...template,
    },
    materials,
    secret: "0123456789abcdef0123456789abcdef",
    origin: "http://wtest.localhost:3000",
  };
}

/** Mounts the home and starts the workspace. */
export async function startWorkspace(spec: HomedSpec): Promise<{ externalId: string; address: string }> {
  await dockerDriver.prepareHost(spec.host);
  await dockerDriver.mountHome(spec.home, spec.id);
  return dockerDriver.ensure(spec);
}

export type Said = { code: number; text: string };

/** Runs a program in a container as whoever the container runs as. */
export async function runInside(name: string, command: string[], timeoutMs = 20_000): Promise<Said> {
  const docker = engineStreams(env().DOCKER_HOST);
  const exec = await docker.getContainer(name).exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: false });
  const timer = setTimeout(() => stream.destroy(), timeoutMs);
  let text = "";
  try {
    for await (const part of demultiplex(stream, (error) => {
      text += error;
    }))
      text += part.toString("utf8");
  } catch {
    text += "(timed out)";
  } finally {
    clearTimeout(timer);
  }
  const { ExitCode } = await exec.inspect();
  return { code: ExitCode ?? -1, text };
}

export const inWorkspace = (workspace: WorkspaceRef, script: string, timeoutMs?: number): Promise<Said> =>
  runInside(containerName(workspace.id), ["sh", "-c", script], timeoutMs);

export async function whole(content: NodeJS.ReadableStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of content.pipe(new PassThrough())) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const deployLabel = () => `${label.deploy}=${env().DEPLOY_ID}`;

/** The containers with the tests' deploy label, or of those the ones with another label too. */
export async function removeContainers(host: HostRef, ...labels: string[]): Promise<void> {
  const docker = engine(host.endpoint);
  const filters = { label: [deployLabel(), ...labels] };
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    // A reader that has just ended is taken away already.
    await docker
      .getContainer(Id)
      .remove({ force: true, v: true })
      .catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
      });
  }
}

/** Everything with the tests' deploy label, and what belongs to it on disk. */
export async function removeEverything(host: HostRef): Promise<void> {
  const docker = engine(host.endpoint);
  for (const { workspaceId } of await dockerDriver.list(host)) {
    await dockerDriver.destroy({ id: workspaceId, purpose: "attempt", host, externalId: null });
  }
  for (const { workspaceId } of await dockerDriver.mounts(host)) {
    await dockerDriver.destroy({ id: workspaceId, purpose: "attempt", host, externalId: null });
  }
  for (const home of homes.splice(0)) await dockerDriver.removeHome(home);
  await removeContainers(host);
  const filters = { label: [deployLabel()] };
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
  for (const place of ["slots", "views"]) {
    await rm(`${storePath()}/${place}/${env().DEPLOY_ID}`, { recursive: true, force: true });
  }
}
