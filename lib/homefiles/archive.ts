import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { ZipFile } from "yazl";
import type { z } from "zod";
import { loadAttempt } from "@/lib/attempts";
import { safePath, uniqueName } from "@/lib/collections";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { limit, notFound } from "@/lib/platform/errors";
import { listHomeFiles, type Packed, packHomeFiles } from "@/lib/workspaces";
import { type archiveInput, nameOf } from "./schema";

/** A person packs so many archives at a time; each keeps a reader and a compressor busy. */
const atOnce = 2;
const packing = new Map<string, number>();

/** Packed already: to do it again only costs time. */
const dense =
  /\.(zip|gz|tgz|bz2|xz|7z|rar|zst|png|jpe?g|gif|webp|mp[34]|mov|mkv|docx|xlsx|pptx|whl|jar|parquet)$/i;

/**
 * Some entries of one directory of a home as a streamed ZIP, all of it without names; links are never followed. What
 * is left out is told in a text file at its end. Throws `not_found`, `homefiles.archives` for a third at a time.
 */
export async function archiveFiles({
  ctx,
  input: { attemptId, folder, names },
}: {
  ctx: Ctx;
  input: z.infer<typeof archiveInput>;
}): Promise<{ name: string; content: Readable }> {
  const { id: userId } = requireUser(ctx);
  const { attempt, experiment } = await loadAttempt(ctx, attemptId, "files");
  const all = async () => (await listHomeFiles(ctx, attempt.id, "")).entries.map((entry) => entry.path);
  const paths =
    names.length > 0
      ? names.map((name) => (folder ? `${folder}/${name}` : name))
      : folder
        ? [folder]
        : await all();
  if (paths.length === 0) throw notFound("file");
  const count = packing.get(userId) ?? 0;
  if (count >= atOnce) throw limit("homefiles.archives");
  // Before anything is waited for: of many at once, each would find the place free.
  packing.set(userId, count + 1);
  const [only] = paths;
  const base = names.length > 0 ? folder : folder.slice(0, Math.max(0, folder.lastIndexOf("/")));
  const content = await startZip(ctx, attempt.id, paths, base).catch((error: unknown) => {
    leave(userId);
    throw error;
  });
  content.once("close", () => leave(userId));
  const name = paths.length === 1 && only ? nameOf(only) : folder ? nameOf(folder) : experiment.title;
  return { name: `${name}.zip`, content };
}

function leave(userId: string): void {
  const left = (packing.get(userId) ?? 1) - 1;
  if (left > 0) packing.set(userId, left);
  else packing.delete(userId);
}

async function startZip(ctx: Ctx, attemptId: string, paths: string[], base: string): Promise<Readable> {
  const entries = (await packHomeFiles(ctx, attemptId, paths))[Symbol.asyncIterator]();
  // The first answer is waited for, so that a refusal is one, and no broken download.
  return zipOfPacked(joined(await entries.next(), entries), base);
}

async function* joined(first: IteratorResult<Packed>, rest: AsyncIterator<Packed>) {
  try {
    for (let step = first; !step.done; step = await rest.next()) yield step.value;
  } finally {
    await rest.return?.();
  }
}

/** Entries go in one after the other, as fast as the archive is taken: nothing but its directory is in memory. */
function zipOfPacked(entries: AsyncIterable<Packed>, base: string): Readable {
  const zip = new ZipFile();
  const out = zip.outputStream as unknown as Readable;
  const taken = new Map<string, number>();
  const skipped: string[] = [];
  let reading: Readable | undefined;
  const nameIn = (path: string) => safePath(base ? path.slice(base.length + 1) : path);

  const fill = async () => {
    for await (const one of entries) {
      if (out.destroyed) return;
      if ("skipped" in one) skipped.push(`${one.path}\t${one.skipped}`);
      else if ("folder" in one) zip.addEmptyDirectory(nameIn(one.path));
      else {
        reading = one.content;
        zip.addReadStream(one.content, uniqueName(nameIn(one.path), taken), {
          size: one.size,
          mode: one.executable ? 0o100755 : 0o100644,
          mtime: new Date(one.modifiedAt),
          compress: !dense.test(one.path),
        });
        await finished(one.content);
      }
    }
    if (skipped.length > 0) {
      const list = Buffer.from(`${skipped.slice(0, 10_000).join("\n")}\n`);
      zip.addBuffer(list, uniqueName("NOT-INCLUDED.txt", taken));
    }
    zip.end();
  };
  zip.on("error", (error: Error) => out.destroy(error));
  // A download that was given up lets go of the home.
  out.once("close", () => reading?.destroy());
  fill().catch((error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))));
  return out;
}
