import { and, eq, exists, gt, inArray, isNull, ne, notExists, or, sql } from "drizzle-orm";
import { affected, type Db } from "@/db/client";
import { roles, sessions, userRoles, users } from "@/db/schema/accounts";
import { recordingConsents, watches } from "@/db/schema/consoles";
import { courseMembers } from "@/db/schema/courses";
import { experiments, tasks } from "@/db/schema/experiments";
import {
  attempts,
  type consoleKinds,
  type consoleModes,
  grants,
  tickets,
  workspaces,
} from "@/db/schema/workspaces";
import { unseal } from "@/lib/platform/crypto";

/** Where a workspace answers and as whom we speak to it; null while nothing is there to speak to. */
export type Target = { address: string; secret: string };

export type ConsoleKind = (typeof consoleKinds)[number];
export type ConsoleMode = (typeof consoleModes)[number];

/** A grant as the database has it now. One that is missing, ended or foreign is not found at all. */
export type GrantRow = {
  hash: string;
  userId: string;
  sessionId: string;
  workspaceId: string;
  label: string;
  kind: ConsoleKind;
  mode: ConsoleMode;
  /** Whether the workspace is the person's own; otherwise they watch it. */
  owner: boolean;
  target: Target | null;
  /** Frozen by somebody: it answers nothing until it is resumed. */
  paused: boolean;
};

const opened = new Map<string, string>();

/** Unsealing costs a key derivation; a workspace keeps its secret for life. */
function openSecret(sealed: string): string {
  let secret = opened.get(sealed);
  if (secret === undefined) {
    secret = unseal(sealed);
    if (opened.size > 2000) opened.clear();
    opened.set(sealed, secret);
  }
  return secret;
}

/**
 * Those of these grants that still hold: session alive, person active, workspace still wanted, and theirs or
 * one that they watch (to use it: as long as its student lets them); and recorded only with consent.
 * One query for all, because the proxy asks for every open one at once.
 */
export async function readGrants(db: Db, hashes: readonly string[], now: Date): Promise<GrantRow[]> {
  if (hashes.length === 0) return [];
  const rows = await db
    .select({
      hash: grants.hash,
      userId: grants.userId,
      sessionId: grants.sessionId,
      workspaceId: grants.workspaceId,
      ownerId: workspaces.userId,
      label: workspaces.label,
      kind: grants.kind,
      mode: grants.mode,
      state: workspaces.state,
      address: workspaces.address,
      secret: workspaces.secret,
    })
    .from(grants)
    .innerJoin(sessions, and(eq(sessions.id, grants.sessionId), eq(sessions.userId, grants.userId)))
    .innerJoin(users, eq(users.id, grants.userId))
    .innerJoin(workspaces, eq(workspaces.id, grants.workspaceId))
    .where(
      and(
        inArray(grants.hash, [...hashes]),
        isNull(grants.revokedAt),
        or(eq(grants.kind, "web"), notExists(withoutConsent(db))),
        or(
          and(eq(workspaces.userId, grants.userId), eq(grants.mode, "use")),
          and(ne(grants.kind, "web"), exists(watchOfGrant(db, now))),
        ),
        isNull(sessions.endedAt),
        gt(sessions.expiresAt, now),
        eq(users.status, "active"),
        eq(workspaces.desired, "running"),
        inArray(workspaces.state, ["requested", "queued", "provisioning", "booting", "ready", "paused"]),
      ),
    );
  return rows.map(({ state, address, secret, ownerId, ...grant }) => ({
    ...grant,
    owner: ownerId === grant.userId,
    paused: state === "paused",
    target: state === "ready" && address && secret ? { address, secret: openSecret(secret) } : null,
  }));
}

/** What is opened would be recorded, and its owner has not agreed, or not any more. */
const withoutConsent = (db: Db) =>
  db
    .select({ id: experiments.id })
    .from(attempts)
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .leftJoin(
      recordingConsents,
      and(
        eq(recordingConsents.experimentId, experiments.id),
        eq(recordingConsents.userId, workspaces.userId),
      ),
    )
    .where(
      and(
        eq(attempts.id, workspaces.attemptId),
        eq(experiments.recording, true),
        isNull(recordingConsents.userId),
      ),
    );

/** A browser that looks and has been silent for longer than this is gone, and its right to look with it. */
export const watchSilentMs = 30_000;

/** The grant's person still looks, and is still staff of the course: either by its members, or for all courses. */
const watchOfGrant = (db: Db, now: Date) =>
  db
    .select({ id: watches.id })
    .from(watches)
    .where(
      and(
        eq(watches.workspaceId, grants.workspaceId),
        eq(watches.watcherId, grants.userId),
        isLive(now),
        or(eq(grants.mode, "watch"), eq(watches.state, "controlling")),
        or(exists(staffOfCourse(db)), exists(staffOfAll(db))),
      ),
    );

const isLive = (now: Date) =>
  and(ne(watches.state, "ended"), gt(watches.seenAt, new Date(now.getTime() - watchSilentMs)));

const staffOfCourse = (db: Db) =>
  db
    .select({ role: courseMembers.role })
    .from(attempts)
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .innerJoin(courseMembers, eq(courseMembers.courseId, experiments.courseId))
    .where(
      and(
        eq(attempts.id, workspaces.attemptId),
        eq(courseMembers.userId, grants.userId),
        inArray(courseMembers.role, ["teacher", "assistant"]),
      ),
    );

const staffOfAll = (db: Db) =>
  db
    .select({ role: userRoles.role })
    .from(userRoles)
    .innerJoin(roles, eq(roles.name, userRoles.role))
    .where(
      and(
        eq(userRoles.userId, grants.userId),
        sql`json_contains(${roles.permissions}, ${JSON.stringify("course.any")})`,
      ),
    );

/** How far somebody may go who watches this workspace now; null: they do not watch it. */
export async function watchState(db: Db, workspaceId: string, watcherId: string, now: Date) {
  const rows = await db
    .select({ state: watches.state })
    .from(watches)
    .where(and(eq(watches.workspaceId, workspaceId), eq(watches.watcherId, watcherId), isLive(now)));
  return rows.find(({ state }) => state === "controlling")?.state ?? rows[0]?.state ?? null;
}

/** What a ticket must have been made for: everything that is named here. */
export type TicketFor = {
  workspaceId: string;
  kind: ConsoleKind;
  userId?: string;
  sessionId?: string;
  mode?: ConsoleMode;
};

/** Spends a ticket: true for exactly one caller, in time, for what it was made for. */
export async function spendTicket(db: Db, hash: string, made: TicketFor, now: Date): Promise<boolean> {
  const result = await db
    .update(tickets)
    .set({ usedAt: now })
    .where(
      and(
        eq(tickets.hash, hash),
        eq(tickets.kind, made.kind),
        eq(tickets.workspaceId, made.workspaceId),
        made.userId === undefined ? undefined : eq(tickets.userId, made.userId),
        made.sessionId === undefined ? undefined : eq(tickets.sessionId, made.sessionId),
        made.mode === undefined ? undefined : eq(tickets.mode, made.mode),
        isNull(tickets.usedAt),
        gt(tickets.expiresAt, now),
      ),
    );
  return affected(result) === 1;
}
