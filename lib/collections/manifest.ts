import { and, asc, eq, gt, isNull, ne, or, sql } from "drizzle-orm";
import { collectedFiles, collections } from "@/db/schema/workspaces";
import { loadAttempt } from "@/lib/attempts";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";

/** All but what is as it was when work began; what was left out is always told. */
export const onlyChanged = or(isNull(collectedFiles.change), ne(collectedFiles.change, "same"));

/**
 * One page of the manifest of any collection, before a reset or at the end; for whoever may see its attempt's.
 * The first page brings how many files are unchanged, whether there was anything to compare with, and how many
 * were left out by the platform's limits. Before it is done there is nothing to show.
 */
export async function getManifest({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { collectionId: string; after?: string; limit?: number; only?: "changed" };
}) {
  const [collection] = await ctx.db
    .select({ id: collections.id, attemptId: collections.attemptId, state: collections.state })
    .from(collections)
    .where(eq(collections.id, input.collectionId));
  if (!collection) throw notFound("collection");
  await loadAttempt(ctx, collection.attemptId, "collected");
  if (collection.state !== "done") return { files: [], next: null, totals: null };
  return {
    ...(await manifestPage(ctx, collection.id, input)),
    totals: input.after ? null : await totalsOf(ctx, collection.id),
  };
}

/** A page of the rows of a collection, 200 or as many as asked for up to 1,000; `next` is null on the last. */
export async function manifestPage(
  ctx: Pick<Ctx, "db">,
  collectionId: string,
  { after, limit: asked, only }: { after?: string; limit?: number; only?: "changed" },
) {
  const limit = Math.min(asked ?? 200, 1_000);
  const rows = await ctx.db
    .select()
    .from(collectedFiles)
    .where(
      and(
        eq(collectedFiles.collectionId, collectionId),
        after ? gt(collectedFiles.id, after) : undefined,
        only ? onlyChanged : undefined,
      ),
    )
    .orderBy(asc(collectedFiles.id))
    .limit(limit + 1);
  return { files: rows.slice(0, limit), next: rows.length > limit ? (rows[limit - 1]?.id ?? null) : null };
}

async function totalsOf(ctx: Ctx, collectionId: string) {
  const { change, skipped, count } = collectedFiles;
  const [row] = await ctx.db
    .select({
      unchanged: sql<number>`COALESCE(SUM(${change} = 'same'), 0)`.mapWith(Number),
      changed: sql<number>`COALESCE(SUM(${change} = 'changed'), 0)`.mapWith(Number),
      overLimit:
        sql<number>`COALESCE(SUM(CASE WHEN ${skipped} IN ('too_many', 'total_too_large') THEN COALESCE(${count}, 1) END), 0)`.mapWith(
          Number,
        ),
    })
    .from(collectedFiles)
    .where(eq(collectedFiles.collectionId, collectionId));
  const { unchanged = 0, changed = 0, overLimit = 0 } = row ?? {};
  return { unchanged, overLimit, isCompared: unchanged + changed > 0 };
}
