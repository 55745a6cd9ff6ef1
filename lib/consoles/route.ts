import { and, eq, gt, inArray, isNull } from "drizzle-orm";
import { affected, type Db } from "@/db/client";
import { sessions, users } from "@/db/schema/accounts";
import { grants, tickets, workspaces } from "@/db/schema/workspaces";
import { unseal } from "@/lib/platform/crypto";

/** Where a workspace answers and as whom we speak to it; null while nothing is there to speak to. */
export type Target = { address: string; secret: string };

/** A grant as the database has it now. One that is missing, ended or foreign is not found at all. */
export type GrantRow = {
  hash: string;
  userId: string;
  sessionId: string;
  workspaceId: string;
  label: string;
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
 * Those of these grants that still hold: session alive, person active, workspace still theirs and wanted.
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
      label: workspaces.label,
      state: workspaces.state,
      address: workspaces.address,
      secret: workspaces.secret,
    })
    .from(grants)
    .innerJoin(sessions, and(eq(sessions.id, grants.sessionId), eq(sessions.userId, grants.userId)))
    .innerJoin(users, eq(users.id, grants.userId))
    .innerJoin(workspaces, and(eq(workspaces.id, grants.workspaceId), eq(workspaces.userId, grants.userId)))
    .where(
      and(
        inArray(grants.hash, [...hashes]),
        isNull(grants.revokedAt),
        isNull(sessions.endedAt),
        gt(sessions.expiresAt, now),
        eq(users.status, "active"),
        eq(workspaces.desired, "running"),
        inArray(workspaces.state, ["requested", "queued", "provisioning", "booting", "ready", "paused"]),
      ),
    );
  return rows.map(({ state, address, secret, ...grant }) => ({
    ...grant,
    paused: state === "paused",
    target: state === "ready" && address && secret ? { address, secret: openSecret(secret) } : null,
  }));
}

/** Spends a ticket: true for exactly one caller, in time, at the workspace it was made for. */
export async function spendTicket(db: Db, hash: string, workspaceId: string, now: Date): Promise<boolean> {
  const result = await db
    .update(tickets)
    .set({ usedAt: now })
    .where(
      and(
        eq(tickets.hash, hash),
        eq(tickets.workspaceId, workspaceId),
        isNull(tickets.usedAt),
        gt(tickets.expiresAt, now),
      ),
    );
  return affected(result) === 1;
}
