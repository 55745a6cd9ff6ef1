import { bigint, index, int, mysqlTable, primaryKey } from "drizzle-orm/mysql-core";
import { choice, id, instant, word } from "../columns";

/** What was shown in one desktop session or terminal, for replay until it expires. */
export const recordings = mysqlTable(
  "recordings",
  {
    id: id("id").primaryKey(),
    workspaceId: id("workspace_id").notNull(),
    attemptId: id("attempt_id"),
    /** Who was recorded. */
    userId: id("user_id").notNull(),
    kind: choice("kind", ["desktop", "terminal"]).notNull(),
    /** `recording`: its file grows; `cut`: whoever wrote it died, what had been written by then is kept. */
    state: choice("state", ["recording", "done", "cut", "expired"]).notNull(),
    startedAt: instant("started_at").notNull(),
    /** When its writer last said that it lives. */
    beatAt: instant("beat_at").notNull(),
    endedAt: instant("ended_at"),
    durationMs: int("duration_ms").notNull().default(0),
    /** As it lies in the file store: compressed. */
    bytes: bigint("bytes", { mode: "number" }).notNull().default(0),
    sha256: word("sha256", { length: 64 }),
    /** When its file is removed; null while it is recorded. */
    expiresAt: instant("expires_at"),
  },
  (table) => [
    index("recordings_workspace").on(table.workspaceId),
    index("recordings_attempt").on(table.attemptId),
    index("recordings_state").on(table.state, table.expiresAt),
  ],
);

/** Who agreed to be recorded in an experiment, and when. */
export const recordingConsents = mysqlTable(
  "recording_consents",
  {
    experimentId: id("experiment_id").notNull(),
    userId: id("user_id").notNull(),
    agreedAt: instant("agreed_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.experimentId, table.userId] })],
);

/** A member of staff who looks at a student's desktop or terminal, from first to last look. */
export const watches = mysqlTable(
  "watches",
  {
    id: id("id").primaryKey(),
    workspaceId: id("workspace_id").notNull(),
    watcherId: id("watcher_id").notNull(),
    /** `asked`: would like the controls; `controlling`: the student has agreed; either takes it back. */
    state: choice("state", ["watching", "asked", "controlling", "ended"]).notNull(),
    startedAt: instant("started_at").notNull(),
    /** When the watcher's browser was last there; long silent, the watch is over. */
    seenAt: instant("seen_at").notNull(),
    stateAt: instant("state_at").notNull(),
    endedAt: instant("ended_at"),
  },
  (table) => [
    index("watches_workspace").on(table.workspaceId, table.state),
    index("watches_watcher").on(table.watcherId, table.state),
  ],
);
