import { and, asc, desc, eq, inArray } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { tasks } from "@/db/schema/experiments";
import { attempts, collections } from "@/db/schema/workspaces";
import { canWatchExperiment, experimentStudents } from "@/lib/experiments";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { recordingCounts } from "@/lib/recordings";
import { type WorkspaceBrief, workspaceBriefs } from "@/lib/workspaces";

export type CollectionBrief = {
  id: string;
  state: "pending" | "running" | "done" | "failed";
  files: number;
  skipped: number;
  bytes: number;
  /** Why it failed, or why it is not there yet: a key of `collections.causes`. */
  cause: string | null;
};

/** What was kept of a home before it was reset. */
export type CopyBrief = CollectionBrief & { createdAt: Date };

/** What lists and the history show of an attempt. */
export type AttemptBrief = {
  id: string;
  taskId: string;
  userId: string;
  number: number;
  state: "open" | "ended";
  startedAt: Date | null;
  deadlineAt: Date | null;
  endedAt: Date | null;
  endReason: string | null;
  selfExtensionsUsed: number;
  collection: CollectionBrief | null;
};

const briefColumns = {
  id: attempts.id,
  taskId: attempts.taskId,
  userId: attempts.userId,
  number: attempts.number,
  state: attempts.state,
  startedAt: attempts.startedAt,
  deadlineAt: attempts.deadlineAt,
  endedAt: attempts.endedAt,
  endReason: attempts.endReason,
  selfExtensionsUsed: attempts.selfExtensionsUsed,
  collection: {
    id: collections.id,
    state: collections.state,
    files: collections.files,
    skipped: collections.skipped,
    bytes: collections.bytes,
    cause: collections.cause,
  },
};

/** A student's own tries at one task, the newest first. */
export type OwnTask = {
  taskId: string;
  used: number;
  open: (AttemptBrief & { workspace: WorkspaceBrief | null }) | null;
  /** Those whose clock has started, each with what was kept before its resets. */
  attempts: (AttemptBrief & { copies: CopyBrief[]; recordings: number })[];
};

/** Where the signed-in person is with these tasks; five queries, however many there are. */
export async function ownTasks({ ctx, taskIds }: { ctx: Ctx; taskIds: readonly string[] }) {
  const { id: userId } = requireUser(ctx);
  const rows = taskIds.length
    ? await ctx.db
        .select(briefColumns)
        .from(attempts)
        .leftJoin(collections, eq(collections.final, attempts.id))
        .where(and(eq(attempts.userId, userId), inArray(attempts.taskId, [...taskIds])))
        .orderBy(desc(attempts.id))
        .limit(5_000)
    : [];
  const briefs = await workspaceBriefs(
    ctx.db,
    rows.filter((row) => row.state === "open").map((row) => row.id),
  );
  const ids = rows.map((row) => row.id);
  const [copies, recordings] = await Promise.all([copiesOf(ctx, ids), recordingCounts(ctx, ids)]);
  return new Map<string, OwnTask>(
    taskIds.map((taskId) => {
      const own = rows.filter((row) => row.taskId === taskId);
      const open = own.find((row) => row.state === "open");
      const started = own.filter((row) => row.startedAt !== null);
      return [
        taskId,
        {
          taskId,
          used: started.length,
          open: open ? { ...open, workspace: briefs.get(open.id) ?? null } : null,
          attempts: started.map((row) => ({
            ...row,
            copies: copies.get(row.id) ?? [],
            recordings: recordings.get(row.id) ?? 0,
          })),
        },
      ];
    }),
  );
}

/** What was kept before resets, by attempt, the newest first. */
async function copiesOf(ctx: Ctx, attemptIds: readonly string[]): Promise<Map<string, CopyBrief[]>> {
  const { attemptId, id, state, files, skipped, bytes, cause, createdAt } = collections;
  const rows = attemptIds.length
    ? await ctx.db
        .select({ attemptId, id, state, files, skipped, bytes, cause, createdAt })
        .from(collections)
        .where(and(eq(collections.reason, "reset"), inArray(collections.attemptId, [...attemptIds])))
        .orderBy(desc(collections.id))
        .limit(1_000)
    : [];
  return Map.groupBy(rows, (row) => row.attemptId);
}

export type LiveRow = {
  userId: string;
  name: string;
  number: string | null;
  classId: string | null;
  className: string | null;
  /** The open attempt, else the last one. */
  attempt: AttemptBrief | null;
  workspace: WorkspaceBrief | null;
  used: number;
  /** Of the attempt that is shown, those that can be replayed. */
  recordings: number;
  /** Over all attempts of the task. */
  collected: {
    files: number;
    bytes: number /** Attempts of which nothing could be saved. */;
    failed: string[];
    /** Why, a key of `collections.causes`. */
    cause: string | null;
  };
};

/**
 * The class at work on one task: a row for everyone whom the experiment reaches, and for whoever still has an
 * attempt of it. The number of queries does not grow with the class. Staff of its course only.
 */
export async function liveList({
  ctx,
  input: { experimentId, taskId },
}: {
  ctx: Ctx;
  input: { experimentId: string; taskId?: string };
}) {
  if (!(await canWatchExperiment(ctx, experimentId))) throw notFound("experiment");
  const taskRows = await ctx.db
    .select({ id: tasks.id, title: tasks.title, maxAttempts: tasks.maxAttempts })
    .from(tasks)
    .where(eq(tasks.experimentId, experimentId))
    .orderBy(asc(tasks.position));
  const task = taskRows.find((row) => row.id === taskId) ?? taskRows[0] ?? null;
  if (!task) return { tasks: taskRows, task: null, rows: [] };
  const [students, tries] = await Promise.all([
    experimentStudents(ctx.db, experimentId),
    ctx.db
      .select(briefColumns)
      .from(attempts)
      .leftJoin(collections, eq(collections.final, attempts.id))
      .where(eq(attempts.taskId, task.id))
      .orderBy(asc(attempts.id)),
  ]);
  const byStudent = Map.groupBy(tries, (row) => row.userId);
  const reached = new Set(students.map((row) => row.userId));
  const others = [...byStudent.keys()].filter((id) => !reached.has(id));
  const people = [
    ...students.map(({ userId, name, number, classId, className }) => ({
      userId,
      name,
      number,
      classId,
      className,
    })),
    ...(await peopleNoLongerReached(ctx, others)),
  ];
  const shown = new Map(people.map(({ userId }) => [userId, shownAttempt(byStudent.get(userId) ?? [])]));
  const shownIds = [...shown.values()].flatMap((row) => (row ? [row.id] : []));
  const [briefs, recordings] = await Promise.all([
    workspaceBriefs(ctx.db, shownIds),
    recordingCounts(ctx, shownIds),
  ]);
  const rows = people.map((person): LiveRow => {
    const all = byStudent.get(person.userId) ?? [];
    const attempt = shown.get(person.userId) ?? null;
    return {
      ...person,
      attempt,
      workspace: (attempt && briefs.get(attempt.id)) ?? null,
      used: all.filter((row) => row.startedAt !== null).length,
      recordings: (attempt && recordings.get(attempt.id)) ?? 0,
      collected: {
        files: sum(all, (row) => row.collection?.files),
        bytes: sum(all, (row) => row.collection?.bytes),
        failed: all.filter((row) => row.collection?.state === "failed").map((row) => row.id),
        cause: all.find((row) => row.collection?.state === "failed")?.collection?.cause ?? null,
      },
    };
  });
  return { tasks: taskRows, task, rows };
}

const shownAttempt = (rows: AttemptBrief[]) =>
  rows.find((row) => row.state === "open") ?? rows.findLast((row) => row.startedAt !== null) ?? null;

const sum = <T>(rows: readonly T[], of: (row: T) => number | undefined) =>
  rows.reduce((total, row) => total + (of(row) ?? 0), 0);

/** Who worked on it and has left the class since: their running things must not be out of sight. */
async function peopleNoLongerReached(ctx: Ctx, userIds: string[]) {
  if (userIds.length === 0) return [];
  const rows = await ctx.db
    .select({ userId: users.id, name: users.name, number: users.number })
    .from(users)
    .where(inArray(users.id, userIds))
    .orderBy(asc(users.number));
  return rows.map((row) => ({ ...row, classId: null, className: null }));
}
