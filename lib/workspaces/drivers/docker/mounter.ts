import type { Duplex, Readable } from "node:stream";
import type Docker from "dockerode";
import { z } from "zod";
import { env } from "@/lib/platform/env";
import { AppError, unavailable } from "@/lib/platform/errors";
import { answered, asHostError, engineStreams, orMissing, statusOf, withEngine } from "./connection";
import { imageFacts } from "./images";
import { LineLost, lineTo } from "./mounter-line";
import { label, layoutVersion, mounterName, storePath, toolsImage } from "./names";
import { Shares } from "./shares";
import { demultiplex } from "./stream";

const storeBind = (): string => `${storePath()}:/lab:rshared`;

/**
 * The mount helper of a host: the one container with capabilities. SYS_ADMIN mounts; DAC_OVERRIDE lets its
 * root make the link `materials` in a home that belongs to the student. It has no network and is told ids.
 */
function mounterBody(imageId: string) {
  return {
    name: mounterName(),
    Image: imageId,
    User: "0:0",
    Hostname: "mounter",
    WorkingDir: "/",
    Entrypoint: ["/usr/bin/sleep", "infinity"],
    Cmd: [],
    Env: [`LABYARD_DEPLOY=${env().DEPLOY_ID}`],
    Labels: {
      [label.deploy]: env().DEPLOY_ID,
      [label.purpose]: "mounter",
      [label.version]: layoutVersion,
    },
    HostConfig: {
      NetworkMode: "none",
      CapDrop: ["ALL"],
      CapAdd: ["SYS_ADMIN", "DAC_OVERRIDE"],
      SecurityOpt: ["no-new-privileges", "apparmor=unconfined"],
      ReadonlyRootfs: true,
      Tmpfs: { "/run": "rw,noexec,nosuid,nodev,size=4m", "/tmp": "rw,noexec,nosuid,nodev,size=4m" },
      DeviceCgroupRules: ["b 7:* rmw", "c 10:237 rmw"],
      Binds: [storeBind(), "/dev:/dev"],
      Init: true,
      Memory: 512 * 1024 * 1024,
      MemorySwap: 512 * 1024 * 1024,
      PidsLimit: 256,
      IpcMode: "private",
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
    },
  } satisfies Docker.ContainerCreateOptions;
}

/** The helper, running, made of the image that is there now; `anew` where the one that is there cannot be used. */
export async function ensureMounter(endpoint: string, anew = false): Promise<void> {
  const image = await imageFacts(endpoint, toolsImage);
  await withEngine(endpoint, async (docker) => {
    const container = docker.getContainer(mounterName());
    const found = await orMissing(container.inspect());
    if (found && found.Config.Labels[label.deploy] !== env().DEPLOY_ID) {
      throw unavailable("hostError", new Error(`${mounterName()} is not ours`));
    }
    const isCurrent =
      !anew &&
      found?.Image === image.id &&
      found.Config.Labels[label.version] === layoutVersion &&
      found.HostConfig.Binds?.includes(storeBind());
    if (found && isCurrent && (found.State.Running || (await startsAgain(container)))) return;
    // What it mounted stays: mounts belong to the host once they are made.
    if (found) await orMissing(docker.getContainer(found.Id).remove({ force: true }));
    try {
      await docker.createContainer(mounterBody(image.id));
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
    }
    await start(container);
  });
}

/**
 * False where only another one can be started: an engine that was ended in the middle of things leaves a folder of a
 * container behind (`mkdir …: file exists`), and refuses to start that one until the machine restarts.
 */
async function startsAgain(container: Docker.Container): Promise<boolean> {
  try {
    await start(container);
    return true;
  } catch (error) {
    if (statusOf(error) !== 500) throw error;
    return false;
  }
}

async function start(container: Docker.Container): Promise<void> {
  try {
    await container.start();
  } catch (error) {
    if (statusOf(error) === 304) return;
    if (/not a shared mount/.test(error instanceof Error ? error.message : "")) {
      throw unavailable("storeNotShared", error);
    }
    throw error;
  }
}

const answerSchema = z.union([
  z.object({ ok: z.record(z.string(), z.unknown()) }),
  z.object({ error: z.string(), detail: z.string().default("") }),
]);

/** What the helper refuses with, as people's errors. The rest is `hostError` with the detail in the log. */
const refusals: Record<string, (detail: string) => AppError> = {
  fenced: () => new AppError("conflict", "homeFenced"),
  mounted_elsewhere: () => new AppError("conflict", "homeInUse"),
  in_use: () => new AppError("conflict", "homeInUse"),
  slot_taken: () => new AppError("conflict", "homeInUse"),
  busy: (detail) => unavailable("homeBusy", new Error(detail)),
  no_home: () => new AppError("not_found", "notFound.home"),
  disk_full: () => unavailable("hostDiskFull"),
  no_loop: (detail) => unavailable("hostLoopsFull", new Error(detail)),
  damaged: (detail) => unavailable("homeDamaged", new Error(detail)),
  lost: (detail) => unavailable("homeLost", new Error(detail)),
};

/** The engine refused: 404, 409 or, between an exec and its start, 500 tell of a helper that is not there. */
const engineRefused = (error: unknown): boolean =>
  statusOf(error instanceof AppError ? error.cause : error) !== undefined;

const lineTries = 6;

/**
 * Asks on the standing line. A helper that was killed, replaced, or is older than this service is seen to and asked
 * again: every command may be repeated.
 */
async function overLine(endpoint: string, command: readonly string[]): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      if (tries > 1) await ensureMounter(endpoint);
      return await (await lineTo(endpoint)).ask(command);
    } catch (error) {
      const passing = error instanceof LineLost || engineRefused(error);
      if (!passing || tries >= lineTries) throw error;
      if (tries > 1) await new Promise((resolve) => setTimeout(resolve, tries * 100));
    }
  }
}

/** A process of its own for what brings input along. */
async function exec(endpoint: string, command: readonly string[], input: Readable): Promise<string> {
  const open = async () => {
    const docker = engineStreams(endpoint);
    const run = await answered(
      docker.getContainer(mounterName()).exec({
        Cmd: ["/usr/bin/python3", "-I", "-S", "/opt/labyard/mounter.py", ...command],
        User: "0:0",
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
      }),
    );
    return answered(run.start({ hijack: true, stdin: true }));
  };
  let stream: Duplex;
  try {
    stream = await open();
  } catch (error) {
    if (!engineRefused(error)) throw error;
    await ensureMounter(endpoint);
    stream = await open();
  }
  return converse(stream, input);
}

// Most calls start programs in the helper: a class that starts at once takes turns.
// Whoever reads many files of one home at once keeps nobody else's from being mounted.
const calls = { atOnce: 8, ofOne: 2 };
const shared = globalThis as typeof globalThis & { labyardMounterTurns?: Map<string, Shares> };

/** What is about one home, whose id comes first. */
const ofOneHome = new Set(["mount", "attach", "release", "renew", "remove", "view", "unview"]);

async function inTurn<T>(
  endpoint: string,
  [verb = "", id]: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  shared.labyardMounterTurns ??= new Map();
  const turns = shared.labyardMounterTurns.get(endpoint) ?? new Shares(calls);
  shared.labyardMounterTurns.set(endpoint, turns);
  const giveBack = await turns.take(ofOneHome.has(verb) ? id : undefined);
  try {
    return await work();
  } finally {
    giveBack();
  }
}

/** Longer than the helper's own patience with a lock and a busy mount. */
const patience = 60_000;

async function converse(stream: Duplex, input: Readable): Promise<string> {
  let silent: NodeJS.Timeout | undefined;
  const rearm = () => {
    clearTimeout(silent);
    silent = setTimeout(() => stream.destroy(unavailable("hostUnreachable")), patience);
  };
  rearm();
  try {
    const sent = feed(stream, input, rearm);
    let said = "";
    let errors = "";
    for await (const part of demultiplex(stream, (text) => {
      errors += text;
    })) {
      said += part.toString("utf8");
      if (said.length > 1 << 20) throw new Error("the mount helper said too much");
    }
    await sent;
    if (!said) throw unavailable("hostError", new Error(`mount helper: ${errors.slice(-500)}`));
    return said;
  } finally {
    clearTimeout(silent);
    stream.destroy();
  }
}

async function feed(stream: Duplex, input: Readable, alive: () => void): Promise<void> {
  for await (const chunk of input) {
    alive();
    // The helper has said why it stopped reading; that answer counts, not the broken pipe.
    if (stream.destroyed || !stream.writable) return;
    if (!stream.write(chunk)) await new Promise((resolve) => oncePulled(stream, resolve));
  }
}

function oncePulled(stream: Duplex, done: (value: unknown) => void): void {
  const finish = () => {
    for (const name of ["drain", "close", "error"]) stream.off(name, finish);
    done(undefined);
  };
  for (const name of ["drain", "close", "error"]) stream.on(name, finish);
}

/** Asks the helper for one thing; starts it if it does not run. */
export async function askMounter<T extends z.ZodType>(
  endpoint: string,
  command: readonly string[],
  answer: T,
  input?: Readable,
): Promise<z.infer<T>> {
  let said: string;
  try {
    said = await inTurn(endpoint, command, () =>
      input ? exec(endpoint, command, input) : overLine(endpoint, command),
    );
  } catch (error) {
    throw error instanceof LineLost ? unavailable("hostUnreachable", error) : asHostError(error);
  }
  const parsed = answerSchema.safeParse(parseLine(said));
  if (!parsed.success) throw unavailable("hostError", new Error(`mount helper said ${said.slice(0, 300)}`));
  if ("ok" in parsed.data) return answer.parse(parsed.data.ok);
  const { error, detail } = parsed.data;
  throw refusals[error]?.(detail) ?? unavailable("hostError", new Error(`mount helper: ${error} ${detail}`));
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
