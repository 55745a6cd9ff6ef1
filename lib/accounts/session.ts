import { and, eq, gt, isNull, lt } from "drizzle-orm";
import { type Db, database } from "@/db/client";
import { roles, sessions, userRoles, users } from "@/db/schema/accounts";
import type { Clock } from "@/lib/platform/clock";
import type { UserActor } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { type Permission, type Role, roles as roleNames } from "@/lib/platform/permissions";
import type { SessionName } from "./session-token";
import { sessionIdleMs, sessionLongestMs } from "./session-token";

export type LiveSession = { actor: UserActor; mustChangePassword: boolean };

const isRole = (name: string): name is Role => roleNames.some((role) => role === name);

/** Reads the session row behind a token, with the person's roles as they are now; nothing is cached. */
export async function readSession(
  { userId, sessionId }: SessionName,
  { db = database(), clock }: { db?: Db; clock: Clock },
): Promise<LiveSession | undefined> {
  const now = clock.now();
  const rows = await db
    .select({
      name: users.name,
      mustChangePassword: users.mustChangePassword,
      seenAt: sessions.seenAt,
      createdAt: sessions.createdAt,
      role: userRoles.role,
      permissions: roles.permissions,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .leftJoin(userRoles, eq(userRoles.userId, users.id))
    .leftJoin(roles, eq(roles.name, userRoles.role))
    .where(
      and(
        eq(sessions.id, sessionId),
        eq(sessions.userId, userId),
        isNull(sessions.endedAt),
        gt(sessions.expiresAt, now),
        eq(users.status, "active"),
      ),
    );
  const [first] = rows;
  if (!first) return undefined;
  if (now.getTime() - first.seenAt.getTime() > 60_000) {
    await touch(db, sessionId, now, first.createdAt).catch((error: unknown) => {
      // What can only be read at the moment is read; the next request slides it.
      if (toAppError(error).key !== "databaseReadOnly") throw error;
    });
  }
  const permissions = new Set<Permission>(rows.flatMap((row) => row.permissions ?? []));
  const held = rows.flatMap((row) => (row.role && isRole(row.role) ? [row.role] : []));
  return {
    actor: { type: "user", id: userId, name: first.name, roles: held, permissions, sessionId },
    mustChangePassword: first.mustChangePassword,
  };
}

/** Slides the end of a session, at most once a minute. */
async function touch(db: Db, sessionId: string, now: Date, createdAt: Date): Promise<void> {
  const end = Math.min(now.getTime() + sessionIdleMs, createdAt.getTime() + sessionLongestMs);
  await db
    .update(sessions)
    .set({ seenAt: now, expiresAt: new Date(end) })
    .where(
      and(
        eq(sessions.id, sessionId),
        isNull(sessions.endedAt),
        lt(sessions.seenAt, new Date(now.getTime() - 60_000)),
      ),
    );
}
