import { mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { DataStore, Upload } from "@tus/server";
import { z } from "zod";
import { env } from "@/lib/platform/env";
import { driverCode, notFound } from "@/lib/platform/errors";
import { asStoreError, requireStoreRoom, storeGuard } from "@/lib/platform/files";
import type { UploadBrief } from "../schema";

/**
 * Where uploads wait until they are whole: `${LABYARD_HOME}/files/uploads/<attempt>/<id>` and what is known of it
 * beside, `<id>.json`. How much has come is the size of the file, so a crash loses nothing that is there.
 */
export const uploadsRoot = () => join(env().LABYARD_HOME, "files", "uploads");
const idPattern = /^[\w-]{22}$/;
const facts = z.object({ path: z.string(), size: z.number(), modified: z.number() });

export class UploadStore extends DataStore {
  override extensions = ["creation", "creation-with-upload", "termination"];
  private readonly folder: string;

  constructor(attemptId: string) {
    super();
    if (!/^[0-9A-Z]{26}$/.test(attemptId)) throw notFound("attempt");
    this.folder = join(uploadsRoot(), attemptId);
  }

  /** Where the bytes of this one lie. */
  place(id: string): string {
    if (!idPattern.test(id)) throw notFound("file");
    return join(this.folder, id);
  }

  override async create(upload: Upload): Promise<Upload> {
    const place = this.place(upload.id);
    const { path, modified } = upload.metadata ?? {};
    const known = facts.parse({ path, size: upload.size, modified: Number(modified) || 0 });
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await requireStoreRoom(upload.size ?? 0);
      await writeFile(place, "", { flag: "wx", mode: 0o600 });
      await writeFile(`${place}.json`, JSON.stringify(known), { mode: 0o600 });
    } catch (error) {
      throw asStoreError(error);
    }
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const { path, size, offset } = await this.brief(id);
    return new Upload({ id, size, offset, metadata: { path } });
  }

  /** Throws `notFound.file` when there is no such upload, or no longer. */
  async brief(id: string): Promise<UploadBrief> {
    const place = this.place(id);
    try {
      const known = facts.parse(JSON.parse(await readFile(`${place}.json`, "utf8")));
      return { id, ...known, offset: (await stat(place)).size };
    } catch (error) {
      if (driverCode(error) === "ENOENT") throw notFound("file");
      throw error;
    }
  }

  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    const file = await open(this.place(id), "r+");
    const guard = storeGuard();
    let at = offset;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        await guard(chunk.byteLength);
        for (let from = 0; from < chunk.byteLength; ) {
          const { bytesWritten } = await file.write(chunk, from, chunk.byteLength - from, at);
          from += bytesWritten;
          at += bytesWritten;
        }
      }
      return at;
    } catch (error) {
      throw asStoreError(error);
    } finally {
      await file.close();
    }
  }

  override async remove(id: string): Promise<void> {
    const place = this.place(id);
    await rm(place, { force: true });
    await rm(`${place}.json`, { force: true });
  }

  /** Everything of this attempt that waits, also what is whole and not yet put into the home. */
  async list(): Promise<UploadBrief[]> {
    const names = await readdir(this.folder).catch(() => []);
    const found = await Promise.all(
      names.filter((name) => idPattern.test(name)).map((id) => this.brief(id).catch(() => null)),
    );
    return found.filter((one) => one !== null);
  }
}
