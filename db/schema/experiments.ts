import {
  bigint,
  boolean,
  index,
  int,
  json,
  mediumtext,
  mysqlTable,
  uniqueIndex,
  varchar,
} from "drizzle-orm/mysql-core";
import { choice, id, instant, word } from "../columns";

export const experiments = mysqlTable(
  "experiments",
  {
    id: id("id").primaryKey(),
    courseId: id("course_id").notNull(),
    title: varchar("title", { length: 160 }).notNull(),
    /** Markdown with maths and code. */
    description: mediumtext("description").notNull(),
    status: choice("status", ["draft", "published"]).notNull().default("draft"),
    opensAt: instant("opens_at"),
    closesAt: instant("closes_at"),
    weight: int("weight").notNull().default(1),
    /** Desktops and terminals of its workspaces are recorded, once their student has agreed. */
    recording: boolean("recording").notNull().default(false),
    createdBy: id("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    archivedAt: instant("archived_at"),
  },
  (table) => [index("experiments_course").on(table.courseId)],
);

/** What of a home is kept when an attempt ends; patterns are globs over paths of the home. */
export type CollectRules = { include: string[]; exclude: string[]; maxFileMb: number | null };

export const tasks = mysqlTable(
  "tasks",
  {
    id: id("id").primaryKey(),
    experimentId: id("experiment_id").notNull(),
    position: int("position").notNull(),
    type: choice("type", ["environment"]).notNull(),
    title: varchar("title", { length: 160 }).notNull(),
    templateId: id("template_id"),
    /** Null: as long as the window is open. */
    durationMinutes: int("duration_minutes"),
    /** Null: unlimited. */
    maxAttempts: int("max_attempts"),
    /** How often, and by how much, a student may extend without asking. */
    selfExtensions: int("self_extensions").notNull().default(1),
    selfExtensionMinutes: int("self_extension_minutes").notNull().default(15),
    /** Null: everything within the platform's own limits. */
    collectRules: json("collect_rules").$type<CollectRules>(),
    /** Minutes without an act of a person after which a workspace is stopped; null: never. */
    idleMinutes: int("idle_minutes"),
  },
  (table) => [uniqueIndex("tasks_position").on(table.experimentId, table.position)],
);

/** Who an experiment is for; a row may have a window of its own, which then counts in place of the experiment's. */
export const assignments = mysqlTable(
  "assignments",
  {
    id: id("id").primaryKey(),
    experimentId: id("experiment_id").notNull(),
    targetType: choice("target_type", ["class", "group", "student"]).notNull(),
    targetId: id("target_id").notNull(),
    opensAt: instant("opens_at"),
    closesAt: instant("closes_at"),
  },
  (table) => [
    uniqueIndex("assignments_target").on(table.experimentId, table.targetType, table.targetId),
    index("assignments_by_target").on(table.targetType, table.targetId),
  ],
);

/** One row per stored content; the bytes lie in the file store under their hash. */
export const files = mysqlTable("files", {
  sha256: word("sha256", { length: 64 }).primaryKey(),
  size: bigint("size", { mode: "number" }).notNull(),
  createdAt: instant("created_at").notNull(),
});

export const attachments = mysqlTable(
  "attachments",
  {
    id: id("id").primaryKey(),
    experimentId: id("experiment_id").notNull(),
    /** The name students see in `~/materials`, unique within the experiment. */
    name: varchar("name", { length: 200 }).notNull(),
    sha256: word("sha256", { length: 64 }).notNull(),
    size: bigint("size", { mode: "number" }).notNull(),
    createdBy: id("created_by").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [uniqueIndex("attachments_name").on(table.experimentId, table.name)],
);
