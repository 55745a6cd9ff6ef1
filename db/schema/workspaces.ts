import { sql } from "drizzle-orm";
import { bigint, boolean, index, int, mysqlTable, text, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import { choice, id, instant, word } from "../columns";

export const attemptEndReasons = ["student", "deadline", "teacher", "admin"] as const;

/** One student's try at one task. */
export const attempts = mysqlTable(
  "attempts",
  {
    id: id("id").primaryKey(),
    taskId: id("task_id").notNull(),
    userId: id("user_id").notNull(),
    /** 1, 2, …: counts attempts whose clock has started, so a failed creation costs none. */
    number: int("number").notNull(),
    templateVersionId: id("template_version_id").notNull(),
    state: choice("state", ["open", "ended"]).notNull(),
    /** MySQL has no partial index: unique over this column means one open attempt per student and task. */
    live: word("live", { length: 52 }).generatedAlwaysAs(
      sql`(case when \`state\` = 'open' then concat(\`user_id\`, \`task_id\`) end)`,
      { mode: "stored" },
    ),
    /** When the first workspace became ready: the clock runs from here. */
    startedAt: instant("started_at"),
    /** min(the student's close, startedAt + duration + extensions); null while nothing limits it. */
    deadlineAt: instant("deadline_at"),
    extensionMinutes: int("extension_minutes").notNull().default(0),
    selfExtensionsUsed: int("self_extensions_used").notNull().default(0),
    /** Set when an extension went past the student's close: counts in its place. */
    closesAt: instant("closes_at"),
    /** The last warning that was given before the present deadline: 15, 5 or 1 minutes; null: none yet. */
    warnedMinutes: int("warned_minutes"),
    endedAt: instant("ended_at"),
    endReason: choice("end_reason", attemptEndReasons),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("attempts_live").on(table.live),
    index("attempts_task").on(table.taskId, table.userId),
    index("attempts_user").on(table.userId),
    index("attempts_due").on(table.state, table.deadlineAt),
  ],
);

/** A student's files for one task; outlives workspaces and attempts. */
export const homes = mysqlTable(
  "homes",
  {
    id: id("id").primaryKey(),
    taskId: id("task_id").notNull(),
    userId: id("user_id").notNull(),
    hostId: id("host_id").notNull(),
    sizeMb: int("size_mb").notNull(),
    /** Grows with every mount: a late unmount with an older fence does nothing. Stands before mountedBy,
     * because MySQL assigns from left to right and the fence looks at the former holder. */
    fence: int("fence").notNull().default(0),
    /** The workspace (or collection) that has it; taken and given back by conditional updates. */
    mountedBy: id("mounted_by"),
    /** The next mount makes it anew, empty; `fillFrom` names the collection whose files it then gets. */
    resetWanted: boolean("reset_wanted").notNull().default(false),
    fillFrom: id("fill_from"),
    /** The collection that must be done first; if it fails, nothing is made anew. Null: nothing is waited for. */
    resetAfter: id("reset_after"),
    /** The collection that it held when work on it began: what changed since is told against it. Null: nothing. */
    baseline: id("baseline"),
    createdAt: instant("created_at").notNull(),
    usedAt: instant("used_at").notNull(),
  },
  (table) => [
    uniqueIndex("homes_owner").on(table.userId, table.taskId),
    index("homes_host").on(table.hostId),
  ],
);

export const workspaceStates = [
  "requested",
  "queued",
  "provisioning",
  "booting",
  "ready",
  "paused",
  "stopping",
  "stopped",
  "failed",
] as const;
export type WorkspaceState = (typeof workspaceStates)[number];

/** The running thing that an attempt uses. Only lib/workspaces/state.ts changes `state`. */
export const workspaces = mysqlTable(
  "workspaces",
  {
    id: id("id").primaryKey(),
    purpose: choice("purpose", ["attempt", "trial", "warm"]).notNull(),
    attemptId: id("attempt_id"),
    userId: id("user_id"),
    homeId: id("home_id"),
    hostId: id("host_id"),
    templateVersionId: id("template_version_id").notNull(),
    /** Random, never reused: the DNS label of its origin. */
    label: word("label", { length: 32 }).notNull(),
    desired: choice("desired", ["running", "stopped"]).notNull(),
    state: choice("state", workspaceStates).notNull(),
    /** At most one workspace of an attempt that is not final. */
    live: word("live", { length: 26 }).generatedAlwaysAs(
      sql`(case when \`state\` not in ('stopped', 'failed') then \`attempt_id\` end)`,
      { mode: "stored" },
    ),
    /** What a start is doing now: place, turn, files, home, container, boot. Shown with its true name. */
    step: word("step", { length: 24 }),
    stepAt: instant("step_at"),
    health: choice("health", ["ok", "unreachable"]).notNull().default("ok"),
    unreachableSince: instant("unreachable_since"),
    /** Why it failed or was stopped: a message key `causes.<cause>`; the log's tail beside it. */
    cause: word("cause", { length: 40 }),
    causeDetail: text("cause_detail"),
    stopReason: word("stop_reason", { length: 24 }),
    /** Somebody asked to start again while it stops: its end requests the next workspace of the attempt. */
    restart: boolean("restart").notNull().default(false),
    /** The class through which the student has the experiment: starts queue by class, then by student. */
    classId: id("class_id"),
    /** Language of what runs inside; a warm one serves students of this language only. */
    locale: word("locale", { length: 8 }),
    /** The plan that a warm one was booted for, and when a student got it; both stay as they are then. */
    warmPlanId: id("warm_plan_id"),
    claimedAt: instant("claimed_at"),
    /** The driver's own name for it (container id), once known. */
    externalId: word("external_id", { length: 128 }),
    /** Where the service inside answers, as the proxy dials it. */
    address: word("address", { length: 64 }),
    /** Jupyter's token, or what a desktop's password and login key are made of; sealed. */
    secret: text("secret"),
    /** Reserved on the host from placement until final. */
    memoryMb: int("memory_mb").notNull(),
    /** While it waits for room, or (step `turn`) for its turn to boot: 1 is next, and when that will be about. */
    queuePosition: int("queue_position"),
    queueUntil: instant("queue_until"),
    requestedAt: instant("requested_at").notNull(),
    stateAt: instant("state_at").notNull(),
    readyAt: instant("ready_at"),
    /** The last act of a person, or when a kernel was last seen busy. */
    activeAt: instant("active_at"),
    /** When its owner was warned that it stops for idleness; an act later than this takes the warning back. */
    idleWarnedAt: instant("idle_warned_at"),
    endedAt: instant("ended_at"),
  },
  (table) => [
    uniqueIndex("workspaces_live").on(table.live),
    uniqueIndex("workspaces_label").on(table.label),
    index("workspaces_attempt").on(table.attemptId),
    index("workspaces_state").on(table.state),
    index("workspaces_user").on(table.userId),
    index("workspaces_warm_plan").on(table.warmPlanId),
    // How long such ones booted and were held, latest first.
    index("workspaces_template").on(table.templateVersionId),
  ],
);

/** Every move of a workspace: who, why, when. */
export const workspaceEvents = mysqlTable(
  "workspace_events",
  {
    id: id("id").primaryKey(),
    workspaceId: id("workspace_id").notNull(),
    from: word("from_state", { length: 24 }),
    to: word("to_state", { length: 24 }).notNull(),
    actor: word("actor", { length: 64 }).notNull(),
    reason: word("reason", { length: 80 }).notNull(),
    at: instant("at").notNull(),
  },
  (table) => [index("workspace_events_of").on(table.workspaceId)],
);

export const hosts = mysqlTable(
  "hosts",
  {
    id: id("id").primaryKey(),
    name: varchar("name", { length: 80 }).notNull(),
    driver: choice("driver", ["docker", "ecs"]).notNull().default("docker"),
    /** `unix://…` or `tcp://…`, for a region of a cloud `ecs://<account>/<region>`; written by administrators and by
     * server.ts only. */
    endpoint: varchar("endpoint", { length: 200 }).notNull(),
    status: choice("status", ["enabled", "draining", "disabled"]).notNull().default("enabled"),
    health: choice("health", ["ok", "unreachable"]).notNull().default("ok"),
    unreachableSince: instant("unreachable_since"),
    /** Which engine answered when its workspaces were last all there: another one knows nothing of them. */
    engine: word("engine", { length: 80 }),
    cpus: int("cpus").notNull(),
    /** What workspaces may reserve, and what they have: changed by one conditional UPDATE only. In a region of a
     * cloud each takes one, and `memoryMb` is how many there may be at once. */
    memoryMb: int("memory_mb").notNull(),
    memoryReservedMb: int("memory_reserved_mb").notNull().default(0),
    diskMb: int("disk_mb").notNull(),
    diskReservedMb: int("disk_reserved_mb").notNull().default(0),
    /** Last measured: load average × 100, free memory and disk. */
    load: int("load_centi").notNull().default(0),
    memoryFreeMb: int("memory_free_mb").notNull().default(0),
    diskFreeMb: int("disk_free_mb").notNull().default(0),
    seenAt: instant("seen_at"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [uniqueIndex("hosts_name").on(table.name)],
);

/** What opens: the page inside by the proxy, a desktop by the Guacamole tunnel, a shell by our own WebSocket. */
export const consoleKinds = ["web", "desktop", "terminal"] as const;
/** A watcher sees and does not act; `use` is also what a watcher has who was given the controls. */
export const consoleModes = ["use", "watch"] as const;

/** Single-use proof, 30 s, for one user, session, workspace, kind and mode. Only its hash is kept. */
export const tickets = mysqlTable(
  "tickets",
  {
    hash: word("hash", { length: 64 }).primaryKey(),
    userId: id("user_id").notNull(),
    sessionId: id("session_id").notNull(),
    workspaceId: id("workspace_id").notNull(),
    kind: choice("kind", consoleKinds).notNull().default("web"),
    mode: choice("mode", consoleModes).notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (table) => [index("tickets_expiry").on(table.expiresAt)],
);

/** What a redeemed ticket left in the workspace's own cookie: valid while its session and workspace are. */
export const grants = mysqlTable(
  "grants",
  {
    hash: word("hash", { length: 64 }).primaryKey(),
    userId: id("user_id").notNull(),
    sessionId: id("session_id").notNull(),
    workspaceId: id("workspace_id").notNull(),
    kind: choice("kind", consoleKinds).notNull().default("web"),
    mode: choice("mode", consoleModes).notNull(),
    createdAt: instant("created_at").notNull(),
    revokedAt: instant("revoked_at"),
  },
  (table) => [index("grants_workspace").on(table.workspaceId), index("grants_session").on(table.sessionId)],
);

/** How many booted, frozen workspaces of a template shall be ready, and when. Plans of one template add up. */
export const warmPlans = mysqlTable(
  "warm_plans",
  {
    id: id("id").primaryKey(),
    templateId: id("template_id").notNull(),
    count: int("count").notNull(),
    /** False: `count` in all, for one class; true: as many are kept ready, whoever takes one. */
    refill: boolean("refill").notNull().default(true),
    /** Of a cloud: they wait switched on, and cost in full; else stopped, and only their disks cost. */
    running: boolean("running").notNull().default(false),
    /** Null: from now on; until removed. */
    fromAt: instant("from_at"),
    untilAt: instant("until_at"),
    createdBy: id("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [index("warm_plans_template").on(table.templateId)],
);

/** The files of a home as they were when an attempt ended, or before the home was reset. */
export const collections = mysqlTable(
  "collections",
  {
    id: id("id").primaryKey(),
    attemptId: id("attempt_id").notNull(),
    homeId: id("home_id").notNull(),
    reason: choice("reason", ["end", "reset"]).notNull().default("end"),
    /** One collection at the end of an attempt; before resets as many as there were. */
    final: word("final", { length: 26 }).generatedAlwaysAs(
      sql`(case when \`reason\` = 'end' then \`attempt_id\` end)`,
      { mode: "stored" },
    ),
    state: choice("state", ["pending", "running", "done", "failed"]).notNull(),
    files: int("files").notNull().default(0),
    skipped: int("skipped").notNull().default(0),
    bytes: bigint("bytes", { mode: "number" }).notNull().default(0),
    cause: word("cause", { length: 40 }),
    tries: int("tries").notNull().default(0),
    createdAt: instant("created_at").notNull(),
    startedAt: instant("started_at"),
    /** When whoever collects last said so: silent for long, another takes over. */
    beatAt: instant("beat_at"),
    finishedAt: instant("finished_at"),
  },
  (table) => [
    uniqueIndex("collections_final").on(table.final),
    index("collections_attempt").on(table.attemptId),
    index("collections_home").on(table.homeId, table.state),
    index("collections_state").on(table.state),
  ],
);

/** The manifest: every path with size and hash, or the reason why not. */
export const collectedFiles = mysqlTable(
  "collected_files",
  {
    id: id("id").primaryKey(),
    collectionId: id("collection_id").notNull(),
    /** Relative to the home; bytes that are no UTF-8 are written as `\xNN`. */
    path: varchar("path", { length: 1024 }).notNull(),
    size: bigint("size", { mode: "number" }).notNull(),
    sha256: word("sha256", { length: 64 }),
    /** `symlink`, `device`, `unreadable`, `too_large`, `changed`, …; null: collected. */
    skipped: word("skipped", { length: 24 }),
    /** How many files this row stands for, where a directory or a rest is left out as a whole. */
    count: int("count"),
    executable: boolean("executable").notNull().default(false),
    /** Against the home's collection before this one, or what it was filled with; null where left out. */
    change: choice("change", ["new", "changed", "same"]),
  },
  (table) => [index("collected_files_of").on(table.collectionId)],
);
