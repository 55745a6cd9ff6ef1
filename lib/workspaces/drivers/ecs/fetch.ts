import { isDeepStrictEqual } from "node:util";
import { toAppError } from "@/lib/platform/errors";
import { dockerDriver } from "../docker/driver";
import type { HomeChange, HomeFile, HomeRef, LeftOut } from "../driver";
import { type Manifest, manifestFile, readManifest, stampOf, takeLinkAway } from "./manifest";
import { staysOnInstance } from "./names";
import type { Link } from "./ssh";
import { isMaterial, materialsFolder, readRemote } from "./transfer";
import { belowOneOf, foldersAbove, listTree, type SeenFile, type Tree } from "./tree";

export type Fetched = {
  files: number;
  removed: number;
  /** What lies on the instance alone. */
  leftOut: LeftOut[];
};

const changesAtOnce = 500;
/** Seconds: a file may change once more within the time that its stamp tells apart. */
const freshSeconds = 2;

/**
 * Brings what has changed on the instance since last time into the home, and takes away what is gone there if all of
 * it could be listed. Names come from the instance, paths of hosts never do: the home's own writer places them.
 * Throws where the instance does not answer; one file that cannot be had is told and holds up no other.
 */
export async function fetchHome(link: Link, home: HomeRef, atRest = false): Promise<Fetched> {
  const known = await readManifest(home);
  const tree = await listTree(link);
  leaveMaterials(tree);
  const leftOut = [...tree.leftOut];
  const changed = chooseChanged(tree, known, home.sizeMb * 1024 ** 2, leftOut);
  const gone = tree.complete && known ? topmost(goneFrom(tree, known)) : [];
  const folders = tree.folders.filter((path) => !known?.entries.has(path));
  if (folders.includes(materialsFolder)) await takeLinkAway(home);
  const removed = await change(home, [
    ...gone.map((path) => ({ act: "remove", path }) as const),
    ...folders.map((path) => ({ act: "makeFolder", path }) as const),
  ]);
  const told = [...tree.leftOut];
  const isSame = known?.atRest === atRest && isDeepStrictEqual(known.leftOut, told.map(asKept));
  if (changed.length + gone.length + folders.length === 0 && isSame) return { files: 0, removed, leftOut };

  const written = new Set<string>();
  const answers = Promise.withResolvers<void>();
  if (changed.length === 0) answers.resolve();
  let left = changed.length;
  async function* all(): AsyncGenerator<HomeFile> {
    yield* contents(link, changed);
    // Last of all, what both have in common from now on.
    await answers.promise;
    const entries = entriesAfter(tree, known, changed, written);
    yield manifestFile({ atRest, entries, leftOut: told.map(asKept) });
  }
  try {
    for await (const one of dockerDriver.writeFiles(home, null, all(), "replace")) {
      if ("written" in one) written.add(one.path);
      else if (left > 0) leftOut.push({ path: one.path, why: one.refused, unsaved: true });
      if (--left === 0) answers.resolve();
    }
  } finally {
    answers.resolve();
  }
  link.check();
  return { files: changed.filter(({ path }) => written.has(path)).length, removed, leftOut };
}

const asKept = ({ path, why }: LeftOut) => ({ path, why });

/** The task's own files are nobody's work, and neither is the folder that they lie in. */
function leaveMaterials(tree: Tree): void {
  for (const [path, file] of tree.files) if (isMaterial(path, file.mtime)) tree.files.delete(path);
  const isUsed = [...tree.files.keys(), ...tree.folders].some((path) =>
    path.startsWith(`${materialsFolder}/`),
  );
  if (!isUsed) tree.folders = tree.folders.filter((path) => path !== materialsFolder);
}

/** What is new, or has another size or time; as long as there is room for it. */
function chooseChanged(
  tree: Tree,
  known: Manifest | null,
  mostBytes: number,
  leftOut: LeftOut[],
): SeenFile[] {
  let left = mostBytes;
  return [...tree.files.values()].filter((file) => {
    if (known?.entries.get(file.path) === stampOf(file)) return false;
    if (file.size > left) {
      leftOut.push({ path: file.path, why: "too_large", unsaved: true });
      return false;
    }
    left -= file.size;
    return true;
  });
}

/** What the home has from there and is there no more, or is a folder in the place of a file or the other way round. */
function goneFrom(tree: Tree, { entries }: Manifest): string[] {
  const folders = new Set([...tree.folders, ...foldersAbove(tree.files.keys())]);
  return [...entries].flatMap(([path, stamp]) =>
    staysOnInstance(path) || (stamp === "" ? folders.has(path) : tree.files.has(path)) ? [] : [path],
  );
}

/** With a folder goes what is in it. */
function topmost(paths: readonly string[]): string[] {
  const isBelow = belowOneOf(new Set(paths));
  return paths.filter((path) => !isBelow(path));
}

async function change(home: HomeRef, changes: HomeChange[]): Promise<number> {
  let done = 0;
  for (let at = 0; at < changes.length; at += changesAtOnce) {
    const answers = await dockerDriver.changeFiles(home, null, changes.slice(at, at + changesAtOnce));
    done += answers.filter(
      (answer, index) => "done" in answer && changes[at + index]?.act === "remove",
    ).length;
  }
  return done;
}

async function* contents(link: Link, files: readonly SeenFile[]): AsyncGenerator<HomeFile> {
  for (const { path, size, executable } of files) {
    // A connection that broke has broken for all that follow.
    link.check();
    yield { path, size, executable, content: readRemote(link, path, size) };
  }
}

function entriesAfter(
  tree: Tree,
  known: Manifest | null,
  changed: readonly SeenFile[],
  written: ReadonlySet<string>,
) {
  // What could not be listed this time may still be there.
  const entries = new Map(tree.complete ? [] : known?.entries);
  for (const path of tree.folders) entries.set(path, "");
  const failed = new Set(changed.map(({ path }) => path).filter((path) => !written.has(path)));
  for (const file of tree.files.values()) {
    const isFresh = written.has(file.path) && file.mtime > tree.startedAt - freshSeconds;
    // An empty home's file under this name stays known, with a stamp that no file has.
    entries.set(file.path, failed.has(file.path) || isFresh ? "?" : stampOf(file));
  }
  return entries;
}

/** Whether there is nothing to fetch from an instance that is stopped: it was fetched right before. */
export async function isAtRest(home: HomeRef): Promise<boolean> {
  try {
    return (await readManifest(home))?.atRest === true;
  } catch (error) {
    if (toAppError(error).code === "not_found") return false;
    throw error;
  }
}
