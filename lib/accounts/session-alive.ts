import { and, eq, gt, isNull } from "drizzle-orm";
import { database } from "@/db/client";
import { sessions, users } from "@/db/schema/accounts";
import { systemClock } from "@/lib/platform/clock";

type Known = { alive: boolean; at: number; asking?: Promise<boolean> };
type Listener = (sessionId: string) => void;
type Memory = { known: Map<string, Known>; listeners: Set<Listener> };

// On globalThis: the sign-out happens in Next's bundle, the open sockets belong to server.ts.
const shared = globalThis as typeof globalThis & { labyardSessions?: Memory };
const memory = (): Memory => {
  shared.labyardSessions ??= { known: new Map(), listeners: new Set() };
  return shared.labyardSessions;
};

const freshMs = 5_000;
const mostKnown = 20_000;

/**
 * Whether a session still counts, for what stays open (proxy, sockets, SSE). At most 5 s old, and
 * false at once when this process ended it. While the database is away the last answer holds.
 */
export async function sessionAlive(sessionId: string): Promise<boolean> {
  const { known } = memory();
  const last = known.get(sessionId);
  if (last && performance.now() - last.at < freshMs) return last.alive;
  // Before what was known: of a session asked about for the first time, that is nothing yet.
  if (last?.asking) return last.asking;
  if (last && !last.alive) return false;
  const asking = ask(sessionId, last);
  known.set(sessionId, { alive: last?.alive ?? false, at: Number.NEGATIVE_INFINITY, asking });
  return asking;
}

async function ask(sessionId: string, last: Known | undefined): Promise<boolean> {
  const { known } = memory();
  try {
    const rows = await database()
      .select({ id: sessions.id })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(
        and(
          eq(sessions.id, sessionId),
          isNull(sessions.endedAt),
          gt(sessions.expiresAt, systemClock.now()),
          eq(users.status, "active"),
        ),
      );
    // Ended while we asked: the later word holds.
    const now = known.get(sessionId);
    const alive = rows.length > 0 && !(now && !now.alive && !now.asking);
    if (known.size >= mostKnown) known.clear();
    known.set(sessionId, { alive, at: performance.now() });
    if (!alive && last?.alive) tell(sessionId);
    return alive;
  } catch (error) {
    const now = known.get(sessionId);
    if (now && !now.asking) return now.alive;
    known.delete(sessionId);
    if (!last) throw error;
    known.set(sessionId, { ...last, asking: undefined, at: performance.now() });
    return last.alive;
  }
}

/** Marks sessions as ended in this process and tells what is open; call it after the commit. */
export function forgetSessions(sessionIds: readonly string[]): void {
  const { known } = memory();
  for (const sessionId of sessionIds) {
    known.set(sessionId, { alive: false, at: performance.now() });
    tell(sessionId);
  }
}

/** Calls back when a session ends that this process knows of; the answer stops listening. */
export function onSessionEnded(listener: Listener): () => void {
  memory().listeners.add(listener);
  return () => memory().listeners.delete(listener);
}

function tell(sessionId: string): void {
  for (const listener of memory().listeners) listener(sessionId);
}
