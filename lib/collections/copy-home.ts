import { and, eq } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { type CollectRules, files } from "@/db/schema/experiments";
import { collectedFiles, collections } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { faultPoint } from "@/lib/platform/fault";
import { FileBatch } from "@/lib/platform/file-batch";
import { collectHome, keptFiles } from "@/lib/workspaces";
import { limitsOf } from "./limits";

/** Another try has this collection now; nothing of it may be touched any more. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

/** What concerns one file alone leaves out that file; anything else fails the collection. */
const reasons: Record<string, string> = { fileChanged: "changed", fileTooLarge: "too_large" };

const rowsAtOnce = 500;
/** Whoever looks on sees it go on, and another service that it is alive. */
const beatMs = 10_000;

export type Totals = { files: number; skipped: number; bytes: number };

type Row = Omit<typeof collectedFiles.$inferInsert, "id" | "collectionId">;

type Copying = {
  /** The try that copies: an older one that wakes up late can write nothing. */
  claim: { id: string; tries: number };
  attemptId: string;
  rules: CollectRules | null;
  /** The collection that work began with. */
  baseline: string | null;
};

/**
 * Streams a taken home into the file store, and its manifest into the database in pieces: neither is ever whole
 * in memory, except the names and hashes of the collection before. Nothing counts before the state is `done`.
 *
 * Throws `Superseded` when another try has taken over.
 */
export async function copyHome(ctx: Ctx, { claim, attemptId, rules, baseline }: Copying): Promise<Totals> {
  const limits = limitsOf(rules);
  const before = await hashesOf(ctx, baseline);
  const batch = new FileBatch();
  const totals: Totals = { files: 0, skipped: 0, bytes: 0 };
  let rows: Row[] = [];
  let beatAt = performance.now();

  const flush = async () => {
    await batch.settle();
    await writeRows(ctx, claim, rows, totals);
    rows = [];
    beatAt = performance.now();
  };
  const leaveOut = (path: string, size: number, skipped: string, count = 1) => {
    totals.skipped += count;
    rows.push({ path, size, skipped, count, sha256: null, executable: false, change: null });
  };

  try {
    for await (const one of await collectHome(ctx, attemptId, limits)) {
      if ("skipped" in one) leaveOut(one.path, one.size, one.skipped, one.count);
      else {
        faultPoint("mid_collect");
        try {
          const { sha256, size } = await batch.add(one.content, { maxBytes: limits.fileBytes });
          const was = before.get(one.path);
          const change = was === undefined ? "new" : was === sha256 ? "same" : "changed";
          totals.files++;
          totals.bytes += size;
          rows.push({ path: one.path, size, sha256, skipped: null, executable: one.executable, change });
        } catch (error) {
          const skipped = reasons[toAppError(error).key];
          if (!skipped) throw error;
          leaveOut(one.path, one.size, skipped);
        }
      }
      if (batch.isDue || rows.length >= rowsAtOnce * 2 || performance.now() - beatAt > beatMs) await flush();
    }
    await flush();
    await batch.finish();
    return totals;
  } finally {
    await batch.discard();
  }
}

/** Path → hash of a collection; at most 50,000 of them. */
async function hashesOf(ctx: Ctx, collectionId: string | null): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  if (!collectionId) return hashes;
  for await (const { path, sha256 } of keptFiles(ctx, collectionId)) hashes.set(path, sha256);
  return hashes;
}

async function writeRows(ctx: Ctx, claim: Copying["claim"], rows: Row[], totals: Totals): Promise<void> {
  const at = ctx.clock.now();
  await transact(ctx.db, async (tx) => {
    const mine = await tx
      .update(collections)
      .set({ ...totals, beatAt: at })
      .where(
        and(
          eq(collections.id, claim.id),
          eq(collections.tries, claim.tries),
          eq(collections.state, "running"),
        ),
      );
    if (affected(mine) === 0) throw new Superseded();
    for (let i = 0; i < rows.length; i += rowsAtOnce) {
      const piece = rows.slice(i, i + rowsAtOnce);
      await tx
        .insert(collectedFiles)
        .values(piece.map((row) => ({ ...row, id: ctx.newId(), collectionId: claim.id })));
      const stored = piece.flatMap(({ sha256, size }) => (sha256 ? [{ sha256, size, createdAt: at }] : []));
      if (stored.length > 0) await tx.insert(files).ignore().values(stored);
    }
  });
}
