import { bigint, index, json, mysqlTable, varchar } from "drizzle-orm/mysql-core";
import { id, instant, word } from "../columns";

/** Every change of state that a person made. Append only. */
export const auditLog = mysqlTable(
  "audit_log",
  {
    id: id("id").primaryKey(),
    at: instant("at").notNull(),
    actor: word("actor", { length: 64 }).notNull(),
    action: word("action", { length: 64 }).notNull(),
    targetType: word("target_type", { length: 32 }).notNull(),
    targetId: word("target_id", { length: 64 }).notNull(),
    before: json("before"),
    after: json("after"),
    requestId: word("request_id", { length: 64 }).notNull(),
  },
  (table) => [index("audit_target").on(table.targetType, table.targetId), index("audit_at").on(table.at)],
);

/** What browsers are told about: the tail of this table feeds `/api/events` (SSE). */
export const changes = mysqlTable(
  "changes",
  {
    id: bigint("id", { mode: "number" }).autoincrement().primaryKey(),
    /** `user:<id>`, `experiment:<id>`, `workspace:<id>`, `template:<id>`, `admin`, `jobs`: what a listener subscribes to. */
    topic: word("topic", { length: 64 }).notNull(),
    kind: varchar("kind", { length: 40 }).notNull(),
    data: json("data").$type<Record<string, string | number | boolean | null>>().notNull(),
    at: instant("at").notNull(),
  },
  (table) => [index("changes_at").on(table.at)],
);

/** Events on their way to the durable jobs, written in the transaction of what caused them. */
export const outbox = mysqlTable(
  "outbox",
  {
    id: id("id").primaryKey(),
    name: word("name", { length: 80 }).notNull(),
    data: json("data").$type<Record<string, unknown>>().notNull(),
    createdAt: instant("created_at").notNull(),
    sentAt: instant("sent_at"),
  },
  (table) => [index("outbox_unsent").on(table.sentAt, table.id)],
);
