import {
  bigint,
  boolean,
  index,
  int,
  json,
  mysqlTable,
  text,
  uniqueIndex,
  varchar,
} from "drizzle-orm/mysql-core";
import { choice, id, instant, word } from "../columns";

/** A way into one account of Alibaba Cloud. Its regions are rows of `hosts` with the driver `ecs`. */
export const cloudAccounts = mysqlTable(
  "cloud_accounts",
  {
    id: id("id").primaryKey(),
    name: varchar("name", { length: 80 }).notNull(),
    accessKeyId: varchar("access_key_id", { length: 128 }).notNull(),
    /** Sealed; never sent to a browser. */
    accessKeySecret: text("access_key_secret").notNull(),
    /** `host:port` in place of the cloud's own endpoints, as for the emulator; null: the cloud's. */
    endpoint: varchar("endpoint", { length: 200 }),
    /** `frozen`: the cloud refuses the account (balance, permission): nothing is started until it is checked again. */
    status: choice("status", ["enabled", "frozen", "disabled"]).notNull().default("enabled"),
    /** The cloud's error code that froze it. */
    frozenCause: word("frozen_cause", { length: 80 }),
    /** What the last check found, as lib/clouds/check-account.ts writes it. */
    checked: json("checked"),
    checkedAt: instant("checked_at"),
    createdBy: id("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [uniqueIndex("cloud_accounts_name").on(table.name)],
);

export const cloudResourceKinds = ["instance", "disk", "snapshot", "image", "address"] as const;
export type CloudResourceKind = (typeof cloudResourceKinds)[number];

export const cloudResourceStates = [
  /** The intent is written; the cloud may or may not have heard of it. */
  "intended",
  /** The cloud has said its id. */
  "accepted",
  "running",
  /** Stopped in economical mode: its disk still costs. */
  "stopped",
  /** Nobody wants it any more; asked again until the cloud says that it is gone. */
  "deleting",
  "gone",
  /** The cloud refused the intent: nothing was made. */
  "refused",
] as const;
export type CloudResourceState = (typeof cloudResourceStates)[number];

/**
 * The ledger of everything that costs money in a cloud: a row stands before the first call that could make the thing,
 * and is `gone` only when the cloud said so.
 */
export const cloudResources = mysqlTable(
  "cloud_resources",
  {
    id: id("id").primaryKey(),
    kind: choice("kind", cloudResourceKinds).notNull(),
    accountId: id("account_id").notNull(),
    /** The region as a host. */
    hostId: id("host_id").notNull(),
    regionId: word("region_id", { length: 40 }).notNull(),
    zoneId: word("zone_id", { length: 40 }),
    /** The workspace that it is for; null for what stays for others, such as a class image. */
    workspaceId: id("workspace_id"),
    state: choice("state", cloudResourceStates).notNull(),
    /** Whether people want it: what is wanted no more is deleted, whatever its state. */
    desired: choice("desired", ["present", "gone"]).notNull().default("present"),
    /** Why it is kept though its workspace is over: `unsaved` (the only copy of somebody's work), `classImage`. */
    keptFor: word("kept_for", { length: 24 }),
    clientToken: word("client_token", { length: 64 }),
    /** The complete first request, sealed: replayed byte for byte under the same token. */
    request: text("request"),
    /** The cloud's id. */
    externalId: word("external_id", { length: 64 }),
    /** Which of the template's offers (zone, type, spot) this one is, and why the ones before it were passed over. */
    offer: int("offer").notNull().default(0),
    passedOver: json("passed_over").$type<{ offer: string; code: string }[]>(),
    instanceType: word("instance_type", { length: 64 }),
    spot: boolean("spot").notNull().default(false),
    sizeGb: int("size_gb"),
    /** Micro-yuan an hour while it runs, and what goes on while it is stopped (its disk). */
    runningPrice: bigint("running_price", { mode: "number" }).notNull().default(0),
    restingPrice: bigint("resting_price", { mode: "number" }).notNull().default(0),
    address: word("address", { length: 64 }),
    /** The host key seen at the first connection: another one later is not trusted. */
    hostKey: varchar("host_key", { length: 200 }),
    /** The cloud's own guard (AutoReleaseTime), as it was last confirmed. */
    guardAt: instant("guard_at"),
    /** The cloud announced that it takes a spot instance back then. */
    reclaimAt: instant("reclaim_at"),
    /** Last trouble: the cloud's code, and how often in a row. */
    errorCode: word("error_code", { length: 80 }),
    errors: int("errors").notNull().default(0),
    /** When it may be asked again. */
    retryAt: instant("retry_at"),
    createdAt: instant("created_at").notNull(),
    acceptedAt: instant("accepted_at"),
    /** When the cloud was last seen to have it, and since when it was missing from its lists. */
    seenAt: instant("seen_at"),
    missingSince: instant("missing_since"),
    stateAt: instant("state_at").notNull(),
    goneAt: instant("gone_at"),
  },
  (table) => [
    uniqueIndex("cloud_resources_token").on(table.clientToken),
    index("cloud_resources_external").on(table.externalId),
    index("cloud_resources_workspace").on(table.workspaceId),
    index("cloud_resources_state").on(table.hostId, table.state),
  ],
);

/** What the sweep found that should not be, and what it did: the leak report. */
export const cloudFindings = mysqlTable(
  "cloud_findings",
  {
    id: id("id").primaryKey(),
    hostId: id("host_id").notNull(),
    kind: choice("kind", cloudResourceKinds).notNull(),
    externalId: word("external_id", { length: 64 }).notNull(),
    resourceId: id("resource_id"),
    /** `orphan`: the cloud has it and nobody wants it; `lost`: the ledger has it and the cloud does not; `guard`, … */
    finding: word("finding", { length: 24 }).notNull(),
    /** `deleted`, `raised`, `snapshotted`, …; null: still open. */
    action: word("action", { length: 24 }),
    detail: text("detail"),
    foundAt: instant("found_at").notNull(),
    settledAt: instant("settled_at"),
  },
  (table) => [index("cloud_findings_host").on(table.hostId, table.foundAt)],
);

/** Each comparison of a region with the ledger, for the last days: that nothing leaks is worth as much as it is recent. */
export const cloudSweeps = mysqlTable(
  "cloud_sweeps",
  {
    id: id("id").primaryKey(),
    hostId: id("host_id").notNull(),
    /** The administrator who asked for it; null: it was due. */
    askedBy: id("asked_by"),
    startedAt: instant("started_at").notNull(),
    tookMs: int("took_ms").notNull(),
    /** How many things of each kind the cloud listed as ours. */
    compared: json("compared").$type<Partial<Record<CloudResourceKind, number>>>().notNull(),
    orphans: int("orphans").notNull(),
    lost: int("lost").notNull(),
    mended: int("mended").notNull(),
    pending: int("pending").notNull(),
    spared: int("spared").notNull(),
    /** Single things that could not be seen to. */
    failed: int("failed").notNull(),
    /** The code of what broke it off; null: it came to its end. */
    error: word("error", { length: 80 }),
  },
  (table) => [index("cloud_sweeps_host").on(table.hostId, table.startedAt)],
);

/**
 * What a resource cost, in stretches of one price: open while `untilAt` is null. Whom it is for is written when it
 * begins, so that a report needs no guess when people move later.
 */
export const charges = mysqlTable(
  "charges",
  {
    id: id("id").primaryKey(),
    resourceId: id("resource_id").notNull(),
    workspaceId: id("workspace_id"),
    attemptId: id("attempt_id"),
    userId: id("user_id"),
    classId: id("class_id"),
    courseId: id("course_id"),
    /** `compute` with its disk while it runs, `disk` while stopped, `snapshot`, `image`, `address`. */
    kind: word("kind", { length: 16 }).notNull(),
    /** Micro-yuan an hour; the amount is seconds × price ÷ 3600, rounded once at the end of a stretch. */
    price: bigint("price", { mode: "number" }).notNull(),
    fromAt: instant("from_at").notNull(),
    untilAt: instant("until_at"),
    /** Micro-yuan; null while it is open. */
    amount: bigint("amount", { mode: "number" }),
  },
  (table) => [
    index("charges_resource").on(table.resourceId),
    index("charges_course").on(table.courseId, table.fromAt),
    index("charges_attempt").on(table.attemptId),
    index("charges_open").on(table.untilAt),
  ],
);

/** What a course may spend in the clouds. Amounts in micro-yuan. */
export const budgets = mysqlTable("budgets", {
  courseId: id("course_id").primaryKey(),
  amount: bigint("amount", { mode: "number" }).notNull(),
  /** Warned once when so much of it is spent. */
  warnPercent: int("warn_percent").notNull().default(80),
  warnedAt: instant("warned_at"),
  /** A teacher lets starts go on past it, until then. */
  overrideUntil: instant("override_until"),
  overrideBy: id("override_by"),
  overrideReason: varchar("override_reason", { length: 200 }),
  updatedBy: id("updated_by").notNull(),
  updatedAt: instant("updated_at").notNull(),
});

/** What a version of a template was last said to cost: what starts and forecasts count with before the thing is there. */
export const priceQuotes = mysqlTable("price_quotes", {
  templateVersionId: id("template_version_id").primaryKey(),
  /** Micro-yuan an hour while it runs. */
  price: bigint("price", { mode: "number" }).notNull(),
  quotedAt: instant("quoted_at").notNull(),
});
