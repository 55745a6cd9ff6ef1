import { index, mysqlTable, primaryKey, text, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import { choice, id, instant } from "../columns";

export const courses = mysqlTable("courses", {
  id: id("id").primaryKey(),
  name: varchar("name", { length: 120 }).notNull(),
  code: varchar("code", { length: 40 }).notNull().default(""),
  term: varchar("term", { length: 40 }).notNull().default(""),
  description: text("description").notNull(),
  createdBy: id("created_by").notNull(),
  createdAt: instant("created_at").notNull(),
  updatedAt: instant("updated_at").notNull(),
  archivedAt: instant("archived_at"),
});

/** People of a course who are not there through a class: teachers, assistants, single students. */
export const courseMembers = mysqlTable(
  "course_members",
  {
    courseId: id("course_id").notNull(),
    userId: id("user_id").notNull(),
    role: choice("role", ["teacher", "assistant", "student"]).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.courseId, table.userId] }),
    index("course_members_user").on(table.userId),
  ],
);

/** A class (班级) is a roster; it can be enrolled in many courses. */
export const classes = mysqlTable("classes", {
  id: id("id").primaryKey(),
  name: varchar("name", { length: 120 }).notNull(),
  createdBy: id("created_by").notNull(),
  createdAt: instant("created_at").notNull(),
  updatedAt: instant("updated_at").notNull(),
  archivedAt: instant("archived_at"),
});

export const enrolments = mysqlTable(
  "enrolments",
  {
    classId: id("class_id").notNull(),
    userId: id("user_id").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.classId, table.userId] }),
    index("enrolments_user").on(table.userId),
  ],
);

export const courseClasses = mysqlTable(
  "course_classes",
  {
    courseId: id("course_id").notNull(),
    classId: id("class_id").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.courseId, table.classId] }),
    uniqueIndex("course_classes_class").on(table.classId, table.courseId),
  ],
);
