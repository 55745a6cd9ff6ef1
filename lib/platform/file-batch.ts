import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { driverCode, limit, unavailable } from "./errors";
import { asStoreError, incoming, pathOf, storeGuard, temporaryPath } from "./files";

const run = promisify(execFile);

/** Up to this a file is held in memory: one that the store has already is then not written at all. */
const smallBytes = 256 * 1024;
const settleFiles = 1_000;
const settleBytes = 128 * 1024 ** 2;

/**
 * Takes many files in at once. A sync for each would cost two turns of the disk a file, minutes for 50,000; so
 * bytes come in without one, `settle` brings all of them to the disk in one call, and only then do they get
 * their names: like `putFile`, a name stands for whole bytes, also after a crash. Nobody may rely on a name
 * before `finish`.
 */
export class FileBatch {
  /** sha256 → where its bytes wait for their name. */
  private readonly pending = new Map<string, string>();
  private bytes = 0;
  private readonly made = new Set<string>();
  private readonly guard = storeGuard();

  /** Whether it is time to settle, so that neither temporary files nor unwritten bytes pile up. */
  get isDue(): boolean {
    return this.pending.size >= settleFiles || this.bytes >= settleBytes;
  }

  /** Like `putFile`: `limit fileTooLarge`, `unavailable fileStoreFull`; what `content` throws goes through. */
  async add(
    content: AsyncIterable<Uint8Array>,
    { maxBytes }: { maxBytes: number },
  ): Promise<{ sha256: string; size: number }> {
    const hash = createHash("sha256");
    let held: Uint8Array[] = [];
    let size = 0;
    let file: Awaited<ReturnType<typeof open>> | undefined;
    const temporary = temporaryPath();
    const spill = async () => {
      file ??= await this.create(temporary);
      for (const chunk of held)
        for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten;
      held = [];
    };
    try {
      for await (const chunk of content) {
        size += chunk.byteLength;
        if (size > maxBytes) throw limit("fileTooLarge", { max: Math.floor(maxBytes / 1024 / 1024) });
        await this.guard(chunk.byteLength);
        hash.update(chunk);
        held.push(chunk);
        if (size > smallBytes) await spill();
      }
      const sha256 = hash.digest("hex");
      await file?.close();
      if (await this.has(sha256, size)) {
        if (file) await rm(temporary, { force: true });
        return { sha256, size };
      }
      if (!file) {
        await mkdir(incoming(), { recursive: true, mode: 0o700 });
        await writeFile(temporary, Buffer.concat(held), { flag: "wx", mode: 0o600 });
      }
      this.pending.set(sha256, temporary);
      this.bytes += size;
      return { sha256, size };
    } catch (error) {
      await file?.close().catch(() => undefined);
      await rm(temporary, { force: true }).catch(() => undefined);
      throw asStoreError(error);
    }
  }

  private async create(path: string) {
    await mkdir(incoming(), { recursive: true, mode: 0o700 });
    return open(path, "wx", 0o600);
  }

  /** In the store, or on its way there. A name in the store stands for whole bytes; its size is looked at all the same. */
  private async has(sha256: string, size: number): Promise<boolean> {
    if (this.pending.has(sha256)) return true;
    const found = await stat(pathOf(sha256)).catch(() => null);
    return found?.size === size;
  }

  /** Brings what came in to the disk, then gives it its names. */
  async settle(): Promise<void> {
    if (this.pending.size === 0) return;
    try {
      await syncStore();
      for (const [sha256, temporary] of this.pending) {
        const target = pathOf(sha256);
        const folder = dirname(target);
        if (!this.made.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
        this.made.add(folder);
        await rename(temporary, target);
        this.pending.delete(sha256);
      }
      this.bytes = 0;
    } catch (error) {
      throw asStoreError(error);
    }
  }

  /** Settles, and brings the names themselves to the disk: from here on they may be relied on. */
  async finish(): Promise<void> {
    await this.settle();
    await mkdir(incoming(), { recursive: true, mode: 0o700 });
    await syncStore();
  }

  /** Takes away what has no name yet. */
  async discard(): Promise<void> {
    for (const temporary of this.pending.values())
      await rm(temporary, { force: true }).catch(() => undefined);
    this.pending.clear();
  }
}

/** syncfs(2), which Node does not have: all of the store's file system, in one turn. */
async function syncStore(): Promise<void> {
  try {
    await run("sync", ["--file-system", incoming()]);
  } catch (error) {
    const said = error instanceof Error ? error.message : "";
    if (/No space left|quota/i.test(said)) throw unavailable("fileStoreFull", error);
    throw new Error(`sync of the file store: ${driverCode(error) ?? said}`, { cause: error });
  }
}
