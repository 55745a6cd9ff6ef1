import { and, asc, count, eq, inArray, isNotNull, type SQL } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { classes, enrolments } from "@/db/schema/courses";
import { experiments, tasks } from "@/db/schema/experiments";
import { attempts, collectedFiles, collections } from "@/db/schema/workspaces";
import { loadAttempt } from "@/lib/attempts";
import { canWatchExperiment } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { limit, notFound } from "@/lib/platform/errors";
import { folderOf, safeName } from "./folder";
import { archiveLimits } from "./limits";
import { manifestPage, onlyChanged } from "./manifest";

/** The collection of one attempt with a page of its manifest; null before the attempt has ended. */
export async function getCollection({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { attemptId: string; after?: string; limit?: number };
}) {
  await loadAttempt(ctx, input.attemptId, "collected");
  const [collection] = await ctx.db.select().from(collections).where(eq(collections.final, input.attemptId));
  if (!collection) return null;
  // What a try has written down so far is nothing that anybody may rely on.
  if (collection.state !== "done") return { collection, files: [], next: null };
  return { collection, ...(await manifestPage(ctx, collection.id, input)) };
}

/** One collected file for download, by its own id. */
export async function getCollectedFile({ ctx, fileId }: { ctx: Ctx; fileId: string }) {
  const [row] = await ctx.db
    .select({ file: collectedFiles, attemptId: collections.attemptId })
    .from(collectedFiles)
    .innerJoin(collections, eq(collections.id, collectedFiles.collectionId))
    .where(and(eq(collectedFiles.id, fileId), isNotNull(collectedFiles.sha256)));
  if (!row?.file.sha256) throw notFound("file");
  await loadAttempt(ctx, row.attemptId, "collected");
  return { path: row.file.path, size: row.file.size, sha256: row.file.sha256 };
}

export type ArchiveEntry = {
  folder: string;
  path: string;
  sha256: string;
  size: number;
  executable: boolean;
};

/** Everything collected of one attempt at its end, or in the copy that is named, for its ZIP. */
export async function archiveOfAttempt({
  ctx,
  attemptId,
  collectionId,
  changed = false,
}: {
  ctx: Ctx;
  attemptId: string;
  /** One of the attempt's, as before a reset. */
  collectionId?: string;
  changed?: boolean;
}) {
  const { attempt } = await loadAttempt(ctx, attemptId, "collected");
  const [owner] = await ctx.db.select().from(users).where(eq(users.id, attempt.userId));
  const entries = await archiveEntries(
    ctx,
    and(
      eq(attempts.id, attemptId),
      collectionId ? eq(collections.id, collectionId) : isNotNull(collections.final),
      changed ? onlyChanged : undefined,
    ),
  );
  return { name: folderOf(owner ?? { number: null, name: attempt.userId }), entries };
}

/**
 * Everything collected of an experiment, of one class in it or of one student, a folder per student, for its
 * ZIP; staff of its course only.
 */
export async function archiveOfExperiment({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { experimentId: string; classId?: string; userId?: string; changed?: boolean };
}) {
  const { experimentId, classId, userId, changed } = input;
  if (!(await canWatchExperiment(ctx, experimentId))) throw notFound("experiment");
  const [experiment] = await ctx.db
    .select({ title: experiments.title })
    .from(experiments)
    .where(eq(experiments.id, experimentId));
  const [group] = classId
    ? await ctx.db.select({ name: classes.name }).from(classes).where(eq(classes.id, classId))
    : [];
  const [student] = userId ? await ctx.db.select().from(users).where(eq(users.id, userId)) : [];
  if (!experiment || (classId && !group) || (userId && !student)) throw notFound("experiment");
  const entries = await archiveEntries(
    ctx,
    and(
      eq(tasks.experimentId, experimentId),
      isNotNull(collections.final),
      userId ? eq(attempts.userId, userId) : undefined,
      changed ? onlyChanged : undefined,
    ),
    classId,
  );
  // Who has nothing here is not named: the id may be that of anybody.
  const named = entries.length > 0;
  const title = [safeName(experiment.title), named && group && safeName(group.name)]
    .filter(Boolean)
    .join("_");
  return { name: named && student ? folderOf(student) : title, entries };
}

/** Throws `collections.tooManyFiles` before any is loaded. */
async function archiveEntries(ctx: Ctx, where: SQL | undefined, classId?: string): Promise<ArchiveEntry[]> {
  const ofClass = (id: string) =>
    ctx.db.select({ id: enrolments.userId }).from(enrolments).where(eq(enrolments.classId, id));
  const collected = and(
    where,
    eq(collections.state, "done"),
    isNotNull(collectedFiles.sha256),
    classId ? inArray(attempts.userId, ofClass(classId)) : undefined,
  );
  const [files] = await ctx.db
    .select({ n: count() })
    .from(collectedFiles)
    .innerJoin(collections, eq(collections.id, collectedFiles.collectionId))
    .innerJoin(attempts, eq(attempts.id, collections.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .where(collected);
  if (files && files.n > archiveLimits.files) {
    throw limit("collections.tooManyFiles", { max: archiveLimits.files });
  }
  const rows = await ctx.db
    .select({
      number: users.number,
      name: users.name,
      attempt: attempts.number,
      path: collectedFiles.path,
      sha256: collectedFiles.sha256,
      size: collectedFiles.size,
      executable: collectedFiles.executable,
    })
    .from(collectedFiles)
    .innerJoin(collections, eq(collections.id, collectedFiles.collectionId))
    .innerJoin(attempts, eq(attempts.id, collections.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(users, eq(users.id, attempts.userId))
    .where(collected)
    .orderBy(asc(users.number), asc(attempts.number), asc(collectedFiles.path));
  return rows.flatMap(({ number, name, attempt, path, sha256, size, executable }) => {
    if (!sha256) return [];
    const folder = attempt > 1 ? `${folderOf({ number, name })}/${attempt}` : folderOf({ number, name });
    return [{ folder, path, sha256, size, executable }];
  });
}
