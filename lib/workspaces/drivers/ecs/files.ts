import { instanceOf } from "@/lib/clouds";
import { conflict, toAppError } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import { dockerDriver } from "../docker/driver";
import type { Changed, Driver, HomeChange, HomeFile, HomeRef, OnConflict, Written } from "../driver";
import { bringPaths } from "./deliver";
import { type Fetched, fetchHome, isAtRest } from "./fetch";
import { cloudCtx, knownOf, linkOf, observed } from "./machine";
import { readManifest } from "./manifest";
import { assignedPath, rawPath } from "./names";
import { type Link, runThere } from "./ssh";

type Turn = { at: number; work: Promise<Fetched> };

const shared = globalThis as typeof globalThis & { labyardFetches?: Map<string, Turn> };
const freshMs = 5_000;
/** Odd bytes are told as four characters, and a row of a collection holds so many. */
const longestTold = 1_024;

/** One after the other for each instance: two at once would fetch the same. */
export function fetchInTurn(
  link: Link,
  home: HomeRef,
  workspaceId: string,
  atRest: boolean,
): Promise<Fetched> {
  shared.labyardFetches ??= new Map();
  const turns = shared.labyardFetches;
  const before = turns.get(workspaceId)?.work;
  const work = (before ?? Promise.resolve()).catch(() => undefined).then(() => fetchHome(link, home, atRest));
  const turn = { at: performance.now(), work };
  turns.set(workspaceId, turn);
  void work
    .catch(() => undefined)
    .then(() =>
      setTimeout(() => turns.get(workspaceId) === turn && turns.delete(workspaceId), freshMs).unref(),
    );
  return work;
}

/** The connection to the instance on which somebody works in this home; null where the home on its host is all. */
async function liveLink(mountedBy: string | null): Promise<Link | null> {
  if (!mountedBy) return null;
  const row = await instanceOf({ ctx: cloudCtx(), input: { workspaceId: mountedBy } });
  if (!row || row.desired === "gone" || ["gone", "refused", "deleting", "intended"].includes(row.state))
    return null;
  const { spec } = await knownOf(cloudCtx(), mountedBy);
  if (spec.os !== "linux") return null;
  if (row.state === "stopped") return null;
  return (await observed(mountedBy)).state === "running" ? linkOf(mountedBy) : null;
}

/** The home is as the instance was some seconds ago at most. One that does not answer now is shown as it was last. */
async function refresh(home: HomeRef, mountedBy: string | null): Promise<Link | null> {
  const link = await liveLink(mountedBy).catch((error: unknown) => {
    log().info({ err: error, workspaceId: mountedBy }, "files are shown as they were last fetched");
    return null;
  });
  if (!link || !mountedBy) return null;
  const last = shared.labyardFetches?.get(mountedBy);
  if (last && performance.now() - last.at < freshMs) await last.work;
  else await fetchInTurn(link, home, mountedBy, false);
  return link;
}

type Files = Pick<Driver, "listFiles" | "readFile" | "packFiles" | "collect" | "changeFiles" | "writeFiles">;

/**
 * The files of a home whose student may work on an instance: what is there is fetched first, then the home answers,
 * by the same rules as always; what is changed in the home goes to the instance at once.
 */
export const files: Files = {
  listFiles: async (home, mountedBy, path) => {
    await refresh(home, mountedBy);
    return dockerDriver.listFiles(home, mountedBy, path);
  },
  readFile: async (home, mountedBy, path, part) => {
    await refresh(home, mountedBy);
    return dockerDriver.readFile(home, mountedBy, path, part);
  },
  packFiles: async function* (home, mountedBy, paths, limits) {
    await refresh(home, mountedBy);
    yield* dockerDriver.packFiles(home, mountedBy, paths, limits);
  },
  // What could not be brought home is told by name, with the home's own.
  collect: async function* (home, limits) {
    yield* dockerDriver.collect(home, limits);
    const left = (await readManifest(home))?.leftOut ?? [];
    for (const { path, why } of left)
      yield { path: path.slice(0, longestTold), size: 0, skipped: why, count: 1 };
  },
  changeFiles: async (home, mountedBy, changes) => {
    const link = await refresh(home, mountedBy);
    if (!link) await refuseAsleep(home, mountedBy);
    const answers = await dockerDriver.changeFiles(home, mountedBy, changes);
    if (link) await repeatThere(link, changes, answers);
    return answers;
  },
  writeFiles: (home, mountedBy, all, onConflict) => writeBoth(home, mountedBy, all, onConflict),
};

/** What is put into the home of a stopped instance would never be seen there. */
async function refuseAsleep(home: HomeRef, mountedBy: string | null): Promise<void> {
  if (!mountedBy) return;
  const row = await instanceOf({ ctx: cloudCtx(), input: { workspaceId: mountedBy } });
  const { spec } = row ? await knownOf(cloudCtx(), mountedBy) : { spec: null };
  if (spec?.os === "linux" && row && (row.state === "stopped" || (await isAtRest(home))))
    throw conflict("homeAsleep");
}

async function repeatThere(
  link: Link,
  changes: readonly HomeChange[],
  answers: readonly Changed[],
): Promise<void> {
  for (const [index, change] of changes.entries()) {
    const answer = answers[index];
    if (!answer || !("done" in answer) || change.act === "measure") continue;
    const path = assignedPath("p", rawPath(change.path));
    if (change.act === "makeFolder") await runThere(link, `${path}; mkdir -p -- "./$p"`);
    else if (change.act === "remove") await runThere(link, `${path}; rm -rf -- "./$p"`);
    else
      await runThere(link, `${path}; ${assignedPath("q", rawPath(answer.done))}; mv -T -f -- "./$p" "./$q"`);
  }
}

async function* writeBoth(
  home: HomeRef,
  mountedBy: string | null,
  all: AsyncIterable<HomeFile>,
  onConflict: OnConflict,
): AsyncGenerator<Written> {
  const link = await refresh(home, mountedBy);
  if (!link) await refuseAsleep(home, mountedBy);
  const written: string[] = [];
  for await (const one of dockerDriver.writeFiles(home, mountedBy, all, onConflict)) {
    if ("written" in one) written.push(one.written);
    yield one;
  }
  try {
    if (link) await bringPaths(link, home, written);
  } catch (error) {
    throw toAppError(error);
  }
}
