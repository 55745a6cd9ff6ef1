import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { env } from "./env";
import { AppError, driverCode, limit, notFound, unavailable } from "./errors";
import { randomToken } from "./ids";

/**
 * The file store: bytes under their SHA-256, in `${LABYARD_HOME}/files/aa/bb/<sha256>`. A file is either
 * wholly there or not at all, also after a crash or on a full disk. Who refers to it is the database's affair.
 */
const root = () => join(env().LABYARD_HOME, "files");
export const incoming = () => join(root(), "incoming");

/** A name of its own for what is coming in, by which `sweepIncoming` knows whose it is. */
export const temporaryPath = () => join(incoming(), `${machine}-${process.pid}-${randomToken(16)}`);

export function pathOf(sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw notFound("file");
  return join(root(), sha256.slice(0, 2), sha256.slice(2, 4), sha256);
}

const full = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** So much stays free for the database, which lies on the same disk; of a small disk its share. */
const reserve = { bytes: 512 * 1024 ** 2, share: 0.05 };

/** Throws `unavailable fileStoreFull` where so many bytes more would take from the reserve. */
export async function requireStoreRoom(bytes = 0, folder = root()): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { bavail, blocks, bsize } = await statfs(folder);
  const kept = Math.min(reserve.bytes, blocks * bsize * reserve.share);
  if (bavail * bsize - bytes < kept) throw unavailable("fileStoreFull");
}

const lookEvery = 4 * 1024 ** 2;

/** Told of every chunk that is written, it looks at the room before the first and then every 4 MB. */
export function storeGuard(folder?: string): (bytes: number) => Promise<void> {
  let unseen = lookEvery;
  return async (bytes) => {
    unseen += bytes;
    if (unseen < lookEvery) return;
    unseen = 0;
    await requireStoreRoom(0, folder);
  };
}

/** A rename is on disk only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Takes a stream in, counting while it flows: `limit fileTooLarge` past `maxBytes`, `unavailable fileStoreFull`
 * when the disk has nothing left but its reserve. The same bytes twice are one file.
 */
export async function putFile(
  content: AsyncIterable<Uint8Array>,
  { maxBytes }: { maxBytes: number },
): Promise<{ sha256: string; size: number }> {
  const temporary = temporaryPath();
  try {
    await mkdir(incoming(), { recursive: true, mode: 0o700 });
    const hash = createHash("sha256");
    const guard = storeGuard();
    let size = 0;
    const file = await open(temporary, "wx", 0o600);
    try {
      for await (const chunk of content) {
        size += chunk.byteLength;
        if (size > maxBytes) throw limit("fileTooLarge", { max: Math.floor(maxBytes / 1024 / 1024) });
        await guard(chunk.byteLength);
        hash.update(chunk);
        for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    const sha256 = hash.digest("hex");
    const target = pathOf(sha256);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(temporary, target);
    await syncDirectory(dirname(target));
    return { sha256, size };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw asStoreError(error);
  }
}

/** A disk without room is `fileStoreFull`; ours stay as they are. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  return full.has(driverCode(error) ?? "") ? unavailable("fileStoreFull", error) : error;
}

/** The bytes of a stored file. Errors of the disk arrive on the stream; a missing file is `ENOENT` there. */
export const openFile = (sha256: string): Readable => createReadStream(pathOf(sha256));

export const removeFile = (sha256: string): Promise<void> => rm(pathOf(sha256), { force: true });

/** Whose a file in `incoming` is: several machines may share the store. */
const machine = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
const oldMs = 3_600_000;

/** Removes what a kill cut off: files of processes of this machine that are gone, and any that are an hour old. */
export async function sweepIncoming(): Promise<number> {
  let swept = 0;
  const names = await readdir(incoming()).catch(() => []);
  for (const name of names) {
    const [, at, pid] = /^([0-9a-f]{8})-(\d+)-/.exec(name) ?? [];
    const path = join(incoming(), name);
    const found = await stat(path).catch(() => null);
    const isDead = at === machine && !isAlive(Number(pid));
    if (!found || !(isDead || Date.now() - found.mtimeMs > oldMs)) continue;
    await rm(path, { force: true });
    swept++;
  }
  return swept;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return driverCode(error) === "EPERM";
  }
}
