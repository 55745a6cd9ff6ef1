import {
  boolean,
  index,
  int,
  json,
  mysqlTable,
  primaryKey,
  uniqueIndex,
  varchar,
} from "drizzle-orm/mysql-core";
import type { Permission } from "@/lib/platform/permissions";
import { choice, id, instant, word } from "../columns";

export const users = mysqlTable(
  "users",
  {
    id: id("id").primaryKey(),
    /** What is typed at sign-in, NFKC and lower case: the student number, or a chosen name. */
    username: varchar("username", { length: 64 }).notNull(),
    name: varchar("name", { length: 100 }).notNull(),
    /** 学号 or staff number as the school writes it. */
    number: varchar("number", { length: 64 }),
    email: varchar("email", { length: 200 }),
    /** argon2id in PHC form; null: cannot sign in with a password. */
    passwordHash: varchar("password_hash", { length: 200 }),
    mustChangePassword: boolean("must_change_password").notNull().default(false),
    /** An initial password that was not used by then no longer opens the account. */
    passwordExpiresAt: instant("password_expires_at"),
    status: choice("status", ["active", "suspended"]).notNull().default("active"),
    locale: word("locale", { length: 10 }).notNull().default("zh-CN"),
    demo: boolean("demo").notNull().default(false),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [uniqueIndex("users_username").on(table.username), index("users_number").on(table.number)],
);

export const roles = mysqlTable("roles", {
  name: word("name", { length: 24 }).primaryKey(),
  permissions: json("permissions").$type<Permission[]>().notNull(),
});

export const userRoles = mysqlTable(
  "user_roles",
  {
    userId: id("user_id").notNull(),
    role: word("role", { length: 24 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.role] })],
);

/** The truth behind every cookie: the JWT only names a row here. */
export const sessions = mysqlTable(
  "sessions",
  {
    id: id("id").primaryKey(),
    userId: id("user_id").notNull(),
    userAgent: varchar("user_agent", { length: 200 }).notNull().default(""),
    address: varchar("address", { length: 64 }).notNull().default(""),
    createdAt: instant("created_at").notNull(),
    seenAt: instant("seen_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    endedAt: instant("ended_at"),
  },
  (table) => [index("sessions_user").on(table.userId)],
);

/** Failed sign-ins per key (account, or account and address): the delay before the next try. */
export const signInFailures = mysqlTable("sign_in_failures", {
  key: word("key", { length: 80 }).primaryKey(),
  count: int("count").notNull(),
  blockedUntil: instant("blocked_until"),
  updatedAt: instant("updated_at").notNull(),
});

/** Small facts of this installation: set-up token hash, demo seeded, … */
export const settings = mysqlTable("settings", {
  key: word("key", { length: 64 }).primaryKey(),
  value: json("value").notNull(),
  updatedAt: instant("updated_at").notNull(),
});
