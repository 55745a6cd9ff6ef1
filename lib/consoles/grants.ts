import { type Db, database } from "@/db/client";
import { type Clock, systemClock } from "@/lib/platform/clock";
import { log } from "@/lib/platform/log";
import { type GrantRow, readGrants, type Target } from "./rights";

/** Something open under a grant: a socket, or an answer still on its way. */
export type Opened = { close(code: number, reason: string): void };

/** A grant as this process holds it: at most 5 s old whenever something new is let through. */
export type Grant = Omit<GrantRow, "target"> & {
  target: Target | null;
  /** Monotonic time of the database's last word on it. */
  freshAt: number;
  usedAt: number;
  /** A script of ours inside reports people's acts, so nothing else has to be guessed from. */
  tells: boolean;
  /** Monotonic time of its last "I am still here". */
  hereAt: number;
  open: Set<Opened>;
};

type Memory = { grants: Map<string, Grant>; asking: Map<string, Promise<Grant | null>> };

// On globalThis: a sign-out happens in Next's bundle, what it closes belongs to server.ts.
const shared = globalThis as typeof globalThis & { labyardGrants?: Memory };
const memory = (): Memory => {
  shared.labyardGrants ??= { grants: new Map(), asking: new Map() };
  return shared.labyardGrants;
};

const freshMs = 5_000;
const recheckMs = 2_000;
/** Unused grants leave memory; the next request asks again. */
const idleMs = 60_000;
/** An open socket outlives a silent database by this much: nobody can sign out there either. */
const blindMs = 60_000;
const askMs = 4_000;

/**
 * What WebSocket close codes say to a page: no longer allowed, this process restarts, try again later.
 * Not 1001 (going away): JupyterLab takes that for the end and does not come back to its kernel.
 */
const closeCodes = { revoked: 1008, restart: 1012, later: 1013 } as const;

/** The grant if this process knows it and may rely on it; no query. */
export function knownGrant(hash: string): Grant | null {
  const grant = memory().grants.get(hash);
  if (!grant) return null;
  const now = performance.now();
  if (now - grant.freshAt > freshMs) return null;
  grant.usedAt = now;
  return grant;
}

/** The grant behind a cookie's hash, or null. Requests that come together share one query. */
export async function findGrant(hash: string, at: { db: Db; clock: Clock }): Promise<Grant | null> {
  const known = knownGrant(hash);
  if (known) return known;
  const { asking } = memory();
  let answer = asking.get(hash);
  if (!answer) {
    answer = askFor(hash, at).finally(() => asking.delete(hash));
    asking.set(hash, answer);
  }
  return answer;
}

async function askFor(hash: string, at: { db: Db; clock: Clock }): Promise<Grant | null> {
  const askedAt = performance.now();
  const [row] = await inTime(readGrants(at.db, [hash], at.clock.now()));
  if (row) return keep(row, askedAt, true);
  drop(hash, closeCodes.revoked, "revoked");
  return null;
}

function keep(row: GrantRow, askedAt: number, used: boolean): Grant {
  const { grants } = memory();
  const old = grants.get(row.hash);
  if (old) {
    Object.assign(old, row, { freshAt: askedAt });
    if (used) old.usedAt = askedAt;
    return old;
  }
  const grant: Grant = {
    ...row,
    freshAt: askedAt,
    usedAt: askedAt,
    tells: false,
    hereAt: Number.NEGATIVE_INFINITY,
    open: new Set(),
  };
  grants.set(row.hash, grant);
  return grant;
}

function drop(hash: string, code: number, reason: string): void {
  const grant = memory().grants.get(hash);
  if (!grant) return;
  memory().grants.delete(hash);
  // Who holds the object still, between two awaits, must not take it for good.
  grant.freshAt = Number.NEGATIVE_INFINITY;
  grant.target = null;
  closeAll(grant, code, reason);
}

function closeAll(grant: Grant, code: number, reason: string): void {
  for (const opened of [...grant.open]) opened.close(code, reason);
  grant.open.clear();
}

/**
 * Asks the database about every grant in use, in one query, and closes what no longer holds. With the
 * timer of {@link watchGrants}, sign-out, suspension and stop anywhere close sockets here within 5 s.
 */
export async function recheckGrants(at: { db: Db; clock: Clock }): Promise<void> {
  const { grants } = memory();
  const now = performance.now();
  const due: string[] = [];
  for (const grant of grants.values()) {
    if (grant.open.size > 0 || now - grant.usedAt < freshMs * 2) due.push(grant.hash);
    else if (now - grant.usedAt > idleMs) grants.delete(grant.hash);
  }
  for (let i = 0; i < due.length; i += 500) {
    const hashes = due.slice(i, i + 500);
    const askedAt = performance.now();
    const held = new Map(
      (await inTime(readGrants(at.db, hashes, at.clock.now()))).map((row) => [row.hash, row]),
    );
    for (const hash of hashes) {
      const row = held.get(hash);
      if (!row) drop(hash, closeCodes.revoked, "revoked");
      else if (grants.has(hash)) {
        const before = grants.get(hash)?.target?.address;
        const grant = keep(row, askedAt, false);
        // The container behind it is another one now: what was open there is dead.
        if (before && row.target && before !== row.target.address) closeAll(grant, closeCodes.later, "moved");
        if (before && row.paused) closeAll(grant, closeCodes.restart, "paused");
      }
    }
  }
}

function closeBlind(): void {
  const now = performance.now();
  for (const grant of memory().grants.values())
    if (grant.open.size > 0 && now - grant.freshAt > blindMs) closeAll(grant, closeCodes.later, "unverified");
}

/** Rechecks every 2 s until stopped. */
export function watchGrants(
  at: { db: () => Db; clock: Clock } = { db: database, clock: systemClock },
): () => void {
  let running = false;
  let failing = false;
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      await recheckGrants({ db: at.db(), clock: at.clock });
      failing = false;
    } catch (error) {
      if (!failing)
        log().warn({ err: error }, "open consoles cannot be checked: the database does not answer");
      failing = true;
      closeBlind();
    } finally {
      running = false;
    }
  }, recheckMs);
  timer.unref();
  return () => clearInterval(timer);
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error("the database did not answer in time"), { code: "ETIMEDOUT" })),
      askMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function revoke(matches: (grant: Grant) => boolean): void {
  for (const grant of [...memory().grants.values()])
    if (matches(grant)) drop(grant.hash, closeCodes.revoked, "revoked");
}

/** Closes everything open on a workspace in this process, at once. Call it after the commit. */
export const revokeWorkspace = (workspaceId: string): void =>
  revoke((grant) => grant.workspaceId === workspaceId);

/** Closes what one person has open on one workspace, at once: a watch ended, or its controls were taken back. */
export const revokePerson = (workspaceId: string, userId: string): void =>
  revoke((grant) => grant.workspaceId === workspaceId && grant.userId === userId);

/**
 * Refuses everything to workspaces that were paused, and closes what is open, in this process at once; other
 * ones learn it within 2 s. The code is that of a restart: JupyterLab comes back by itself. After the commit.
 */
export function silenceWorkspaces(workspaceIds: readonly string[]): void {
  for (const grant of memory().grants.values()) {
    if (!workspaceIds.includes(grant.workspaceId)) continue;
    Object.assign(grant, { target: null, paused: true });
    closeAll(grant, closeCodes.restart, "paused");
  }
}

/** The next request asks the database: a resumed workspace is there at once. */
export function recallWorkspaces(workspaceIds: readonly string[]): void {
  for (const grant of memory().grants.values())
    if (workspaceIds.includes(grant.workspaceId)) grant.freshAt = Number.NEGATIVE_INFINITY;
}

/** Closes everything opened from a session in this process, at once. Call it after the commit. */
export const revokeSession = (sessionId: string): void => revoke((grant) => grant.sessionId === sessionId);

/** Closes everything, because this process ends: clients may come back at once, to the next one. */
export function closeConsoles(): void {
  for (const grant of memory().grants.values()) closeAll(grant, closeCodes.restart, "restarting");
}

/** How much is open, for metrics and tests. */
export function openCount(): number {
  let count = 0;
  for (const grant of memory().grants.values()) count += grant.open.size;
  return count;
}
