import { z } from "zod";
import { toAppError } from "@/lib/platform/errors";
import { dockerDriver } from "../docker/driver";
import type { HomeFile, HomeRef, LeftOut } from "../driver";
import { materialsFolder } from "./transfer";

/**
 * What home and instance had in common when files last went over: path → `size mtime`, folders with an empty stamp.
 * It lies in the home, where no file of an instance ever comes, so that any copy of the service goes on from it.
 */
export type Manifest = {
  entries: Map<string, string>;
  /** The instance was about to be stopped: nothing has changed since. */
  atRest: boolean;
  /** What no home takes, such as links and devices: its collection tells of it. */
  leftOut: Pick<LeftOut, "path" | "why">[];
};

const place = ".cache/labyard/instance.json";
const longest = 64 << 20;

const stored = z.object({
  atRest: z.boolean(),
  entries: z.array(z.tuple([z.string().max(8192), z.string().max(40)])),
  leftOut: z.array(z.tuple([z.string().max(8192), z.string().max(24)])).default([]),
});

/** Null where nothing was ever brought, or what is there makes no sense. */
export async function readManifest(home: HomeRef): Promise<Manifest | null> {
  try {
    const { size, content } = await dockerDriver.readFile(home, null, place);
    if (size > longest) return null;
    const parts: Buffer[] = [];
    for await (const part of content) parts.push(part as Buffer);
    const { atRest, entries, leftOut } = stored.parse(JSON.parse(Buffer.concat(parts).toString("utf8")));
    return { atRest, entries: new Map(entries), leftOut: leftOut.map(([path, why]) => ({ path, why })) };
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return null;
    if (toAppError(error).code === "not_found") return null;
    throw error;
  }
}

/** The last of what is written into the home: a home that is full does without, and all is fetched the next time. */
export function manifestFile({ entries, atRest, leftOut }: Manifest): HomeFile {
  const left = leftOut.map(({ path, why }) => [path, why]);
  const data = Buffer.from(JSON.stringify({ atRest, entries: [...entries], leftOut: left }));
  async function* content() {
    yield data;
  }
  return { path: place, size: data.length, executable: false, content: content() };
}

export async function writeManifest(home: HomeRef, manifest: Manifest): Promise<void> {
  async function* one() {
    yield manifestFile(manifest);
  }
  for await (const _ of dockerDriver.writeFiles(home, null, one(), "replace"));
}

/**
 * Every home has a link to the task's files where containers see them. A folder of that name takes its place: a file
 * is written over the link, which is never followed, and goes again.
 */
export async function takeLinkAway(home: HomeRef): Promise<void> {
  const { entries } = await dockerDriver.listFiles(home, null, "");
  if (entries.some(({ path }) => path === materialsFolder)) return;
  async function* nothing() {}
  async function* one() {
    yield { path: materialsFolder, size: 0, executable: false, content: nothing() };
  }
  for await (const _ of dockerDriver.writeFiles(home, null, one(), "replace"));
  await dockerDriver.changeFiles(home, null, [{ act: "remove", path: materialsFolder }]);
}

export const stampOf = ({ size, mtime }: { size: number; mtime: number }): string => `${size} ${mtime}`;
