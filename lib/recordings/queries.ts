import { and, asc, eq, inArray, ne, or, sql } from "drizzle-orm";
import { transact } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { auditLog } from "@/db/schema/audit";
import { recordings } from "@/db/schema/consoles";
import { experiments, tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { conflict, notFound } from "@/lib/platform/errors";
import { openFile } from "@/lib/platform/files";
import { listWorkspaceEvents, loadWorkspace } from "@/lib/workspaces";

/** What a page shows of a recording; plain data. */
export type RecordingView = {
  id: string;
  kind: "desktop" | "terminal";
  state: "recording" | "done" | "cut" | "expired";
  startedAt: Date;
  durationMs: number;
  bytes: number;
  expiresAt: Date | null;
};

const columns = {
  id: recordings.id,
  kind: recordings.kind,
  state: recordings.state,
  startedAt: recordings.startedAt,
  durationMs: recordings.durationMs,
  bytes: recordings.bytes,
  expiresAt: recordings.expiresAt,
};

/** Something on its time line: `at` in milliseconds from the recording's beginning, never outside of it. */
export type Mark = {
  at: number;
  kind: "ready" | "paused" | "resumed" | "warned" | "extended" | "watched" | "control" | "stopped";
};

/** What happened so shortly before or after it belongs to its ends. */
const nearMs = 3_000;

/** The recordings of one attempt, the oldest first: the recorded student, and staff of the course. */
export async function recordingsOf({ ctx, attemptId }: { ctx: Ctx; attemptId: string }) {
  const rows = await ctx.db
    .select({ ...columns, workspaceId: recordings.workspaceId })
    .from(recordings)
    .where(eq(recordings.attemptId, attemptId))
    .orderBy(asc(recordings.id))
    .limit(500);
  const [first] = rows;
  // All of one attempt belong to one student and one course.
  if (first) await loadWorkspace(ctx, first.workspaceId, "replay");
  return rows.map(({ workspaceId: _, ...row }): RecordingView => row);
}

/** How many recordings can be replayed of each of these attempts; the caller may see them. */
export async function recordingCounts(
  ctx: Pick<Ctx, "db">,
  attemptIds: readonly string[],
): Promise<Map<string, number>> {
  if (attemptIds.length === 0) return new Map();
  const rows = await ctx.db
    .select({ attemptId: recordings.attemptId, count: sql<number>`count(*)`.mapWith(Number) })
    .from(recordings)
    .where(and(inArray(recordings.attemptId, [...attemptIds]), ne(recordings.state, "expired")))
    .groupBy(recordings.attemptId);
  return new Map(rows.flatMap(({ attemptId, count }) => (attemptId ? [[attemptId, count] as const] : [])));
}

/** A recording with what belongs around it: whose, of what, its siblings, and what happened meanwhile. */
export async function recordingPage({ ctx, recordingId }: { ctx: Ctx; recordingId: string }) {
  const row = await load(ctx, recordingId);
  const [around] = await ctx.db
    .select({
      owner: { name: users.name, number: users.number },
      attempt: { id: attempts.id, number: attempts.number },
      task: tasks.title,
      experiment: { id: experiments.id, title: experiments.title },
    })
    .from(attempts)
    .innerJoin(users, eq(users.id, attempts.userId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .where(eq(attempts.id, row.attemptId ?? ""));
  if (!around) throw notFound("recording");
  const siblings = await recordingsOf({ ctx, attemptId: around.attempt.id });
  const mine = ctx.actor.type === "user" && ctx.actor.id === row.userId;
  return { recording: viewOf(row), ...around, siblings, marks: await marksOf(ctx, row), mine };
}

/**
 * The bytes of a recording, gzipped, for who may replay it; each time is in the audit log. Throws
 * `conflict recordings.running` while it grows, and `not_found` when it is over its time.
 */
export async function recordingBytes({ ctx, recordingId }: { ctx: Ctx; recordingId: string }) {
  const row = await load(ctx, recordingId);
  if (row.state === "recording") throw conflict("recordings.running");
  const { sha256 } = row;
  if (!sha256) throw notFound("recording");
  await transact(ctx.db, (tx) =>
    recordAudit(ctx, tx, {
      action: "recording.view",
      targetType: "recording",
      targetId: recordingId,
      after: { userId: row.userId, attemptId: row.attemptId, kind: row.kind },
    }),
  );
  return { kind: row.kind, bytes: row.bytes, stream: openFile(sha256) };
}

async function load(ctx: Ctx, recordingId: string) {
  const [row] = await ctx.db.select().from(recordings).where(eq(recordings.id, recordingId));
  if (!row) throw notFound("recording");
  await loadWorkspace(ctx, row.workspaceId, "replay");
  return row;
}

const viewOf = (row: typeof recordings.$inferSelect): RecordingView => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  startedAt: row.startedAt,
  durationMs: row.durationMs,
  bytes: row.bytes,
  expiresAt: row.expiresAt,
});

const moves: Partial<Record<string, Mark["kind"]>> = {
  ready: "ready",
  paused: "paused",
  stopping: "stopped",
};
const acts = {
  "attempt.extend": "extended",
  "attempt.warn": "warned",
  "watch.start": "watched",
  "watch.accept": "control",
} as const satisfies Record<string, Mark["kind"]>;

async function marksOf(ctx: Ctx, row: typeof recordings.$inferSelect): Promise<Mark[]> {
  const [events, audited] = await Promise.all([
    listWorkspaceEvents({ ctx, workspaceId: row.workspaceId }),
    ctx.db
      .select({ at: auditLog.at, action: auditLog.action })
      .from(auditLog)
      .where(
        and(
          or(
            and(eq(auditLog.targetType, "attempt"), eq(auditLog.targetId, row.attemptId ?? "")),
            and(eq(auditLog.targetType, "workspace"), eq(auditLog.targetId, row.workspaceId)),
          ),
          inArray(auditLog.action, Object.keys(acts)),
        ),
      )
      .orderBy(asc(auditLog.at))
      .limit(200),
  ]);
  const found: { at: Date; kind: Mark["kind"] }[] = events.flatMap(({ at, from, to }) => {
    const kind = to === "ready" && from === "paused" ? "resumed" : moves[to];
    return kind ? [{ at, kind }] : [];
  });
  found.push(...audited.map(({ at, action }) => ({ at, kind: acts[action as keyof typeof acts] })));
  return found
    .map(({ at, kind }) => ({ at: at.getTime() - row.startedAt.getTime(), kind }))
    .filter(({ at }) => at >= -nearMs && at <= row.durationMs + nearMs)
    .map((mark) => ({ ...mark, at: Math.min(Math.max(0, mark.at), row.durationMs) }))
    .toSorted((a, b) => a.at - b.at);
}
