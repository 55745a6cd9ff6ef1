import type { ClientChannel } from "ssh2";
import type { LeftOut } from "../driver";
import { isHomePath, shownPath, staysOnInstance } from "./names";
import { answered, type Link } from "./ssh";

/** A file of the account on an instance; `path` as homes have it, `raw` as the instance does. */
export type SeenFile = { path: string; raw: Buffer; size: number; mtime: number; executable: boolean };

export type Tree = {
  files: Map<string, SeenFile>;
  folders: string[];
  leftOut: LeftOut[];
  /** Everything was listed: what is not in here is not there. */
  complete: boolean;
  /** Seconds of the instance's own clock when it began to list. */
  startedAt: number;
};

/** A home of a student has hundreds; whoever makes more than this does it to see what happens. */
export const limits = { entries: 200_000, bytes: 64 << 20, depth: 50, ms: 120_000, said: 500 };

const begin = "LABYARD-TREE";
const end = "LABYARD-END";

/** One record an entry, closed by NUL: kind, size, time, mode, path. Other file systems (a drive of RDP) stay out. */
const line = `printf '${begin} %s\\0' "$(date +%s)"
LC_ALL=C find . -xdev -mindepth 1 -maxdepth ${limits.depth} \\( -path ./.cache -o -path ./thinclient_drives \\) -prune \\
  -o -printf '%y %s %T@ %m %P\\0' 2>/dev/null </dev/null
printf '${end} %s\\0' $?`;

const kinds: Record<string, string> = { l: "symlink", p: "fifo", s: "socket", b: "device", c: "device" };

/**
 * Lists what the account has, by a program of the instance: nothing that it says is believed further than that it is
 * a name. It may be endless, repeat itself, lie about sizes, or never come.
 */
export async function listTree(link: Link): Promise<Tree> {
  const tree: Tree = { files: new Map(), folders: [], leftOut: [], complete: false, startedAt: 0 };
  const folders = new Set<string>();
  const above = new Set<string>();
  const leaveOut = (path: string, why: string) => {
    if (tree.leftOut.length < limits.said) tree.leftOut.push({ path, why, unsaved: false });
  };
  const channel = await link.run(line);
  let seen = 0;
  let isWhole = true;
  for await (const record of records(channel)) {
    const text = record.subarray(0, 80).toString("latin1");
    // What a shell prints at its start comes before, on a line of its own or not.
    if (tree.startedAt === 0) {
      const at = record.lastIndexOf(`${begin} `);
      if (at >= 0) tree.startedAt = Number(record.subarray(at + begin.length + 1).toString("latin1")) || 1;
      continue;
    }
    if (text.startsWith(`${end} `)) {
      tree.complete = isWhole && text === `${end} 0`;
      break;
    }
    // Who lists a folder's entries lists the folder too; whoever leaves it out has no more of them than of entries.
    if (++seen > limits.entries || above.size > limits.entries) {
      leaveOut("…", "too_many");
      break;
    }
    const found = /^(\w) (\d{1,16}) (-?\d{1,12})(?:\.\d*)? ([0-7]{1,4}) /.exec(text);
    if (!found) {
      isWhole = false;
      continue;
    }
    const [head, kind = "", size, mtime, mode = "0"] = found;
    const raw = record.subarray(head.length);
    const path = shownPath(raw);
    if (!isHomePath(raw)) {
      isWhole = false;
      leaveOut(path.slice(0, 200), "bad_path");
    } else if (staysOnInstance(path)) continue;
    else if (kind === "d") {
      folders.add(path);
      foldersAbove([path], above);
      // Nothing of what is below is listed.
      if (path.split("/").length >= limits.depth) isWhole = false;
    } else if (kind === "f") {
      const executable = (Number.parseInt(mode, 8) & 0o100) !== 0;
      tree.files.set(path, { path, raw, size: Number(size), mtime: Math.max(0, Number(mtime)), executable });
      foldersAbove([path], above);
    } else leaveOut(path, kinds[kind] ?? "unreadable");
  }
  channel.destroy();
  // A name is one thing: a file where something lies below is a lie.
  const below = [...tree.files.keys(), ...folders].filter(belowOneOf(tree.files));
  const lies = new Set([...below, ...foldersAbove(below)]);
  for (const path of tree.files.keys()) if (folders.has(path)) lies.add(path);
  for (const path of lies) {
    folders.delete(path);
    if (tree.files.delete(path)) leaveOut(path, "bad_path");
    tree.complete = false;
  }
  tree.folders = [...folders].sort();
  return tree;
}

/**
 * Adds every folder above these paths, as `a/b` and `a` for `a/b/c`; upwards only as far as it is not there yet, for
 * paths may be deep, and many.
 */
export function foldersAbove(paths: Iterable<string>, above = new Set<string>()): Set<string> {
  for (const path of paths)
    for (let folder = folderOf(path); folder !== "" && !above.has(folder); folder = folderOf(folder))
      above.add(folder);
  return above;
}

/** Tells whether one of these is above a path. What it found for a folder holds for all in it. */
export function belowOneOf(paths: { has(path: string): boolean }): (path: string) => boolean {
  const found = new Map([["", false]]);
  const isBelow = (path: string): boolean => {
    const folder = folderOf(path);
    const known = found.get(folder);
    if (known !== undefined) return known;
    const is = paths.has(folder) || isBelow(folder);
    found.set(folder, is);
    return is;
  };
  return isBelow;
}

/** Empty for what lies at the top. */
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Records closed by NUL; ends early where there is too much of them, or nothing comes any more. */
async function* records(channel: ClientChannel): AsyncGenerator<Buffer> {
  const until = performance.now() + limits.ms;
  let rest: Buffer = Buffer.alloc(0);
  let total = 0;
  channel.stderr.resume();
  const chunks = channel[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const left = until - performance.now();
    if (left <= 0 || total > limits.bytes) return;
    const step = await answered(chunks.next(), () => channel.destroy(), Math.min(left, 30_000));
    if (step.done) return;
    total += step.value.length;
    let data = rest.length > 0 ? Buffer.concat([rest, step.value]) : step.value;
    for (let at = data.indexOf(0); at >= 0; at = data.indexOf(0)) {
      yield data.subarray(0, at);
      data = data.subarray(at + 1);
    }
    if (data.length > 16_384) return;
    rest = Buffer.from(data);
  }
}
