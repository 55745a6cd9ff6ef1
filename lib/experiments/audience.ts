import { and, eq, inArray } from "drizzle-orm";
import type { Tx } from "@/db/client";
import {
  assignments,
  classes,
  courseClasses,
  courseMembers,
  enrolments,
  experiments,
  users,
} from "@/db/schema";
import { type Window, windowOf } from "./window";

export type AudienceRow = {
  userId: string;
  username: string;
  name: string;
  number: string | null;
  /** The class through which the experiment reaches the student (the first by name); null: directly. */
  classId: string | null;
  className: string | null;
  window: Window;
};

/** Every student that the experiment is assigned to, with their window; the caller has checked who asks. */
export async function experimentStudents(db: Tx, experimentId: string): Promise<AudienceRow[]> {
  const [experiment] = await db.select().from(experiments).where(eq(experiments.id, experimentId));
  if (!experiment) return [];
  const person = { userId: users.id, username: users.username, name: users.name, number: users.number };
  const own = { opensAt: assignments.opensAt, closesAt: assignments.closesAt };
  const [throughClasses, directly] = await Promise.all([
    db
      .select({ ...person, classId: classes.id, className: classes.name, ...own })
      .from(assignments)
      .innerJoin(
        courseClasses,
        and(eq(courseClasses.classId, assignments.targetId), eq(courseClasses.courseId, experiment.courseId)),
      )
      .innerJoin(classes, eq(classes.id, assignments.targetId))
      .innerJoin(enrolments, eq(enrolments.classId, assignments.targetId))
      .innerJoin(users, eq(users.id, enrolments.userId))
      .where(and(eq(assignments.experimentId, experimentId), eq(assignments.targetType, "class")))
      .orderBy(classes.name, users.username)
      .limit(20_000),
    db
      .select({ ...person, ...own })
      .from(assignments)
      .innerJoin(users, eq(users.id, assignments.targetId))
      .where(and(eq(assignments.experimentId, experimentId), eq(assignments.targetType, "student")))
      .orderBy(users.username)
      .limit(5000),
  ]);
  const members = await courseStudentIds(
    db,
    experiment.courseId,
    directly.map((row) => row.userId),
  );
  const rows = [
    ...throughClasses,
    ...directly
      .filter((row) => members.has(row.userId))
      .map((row) => ({ ...row, classId: null, className: null })),
  ];
  const found = new Map<string, { row: (typeof rows)[number]; windows: Window[] }>();
  for (const row of rows) {
    const entry = found.get(row.userId) ?? { row, windows: [] };
    entry.windows.push({ opensAt: row.opensAt, closesAt: row.closesAt });
    found.set(row.userId, entry);
  }
  return [...found.values()].map(({ row, windows }) => {
    const { opensAt: _opens, closesAt: _closes, ...student } = row;
    return { ...student, window: windowOf(experiment, windows) ?? experiment };
  });
}

/** Which of these people belong to the course, as members or through a class. */
export async function courseStudentIds(db: Tx, courseId: string, userIds: string[]): Promise<Set<string>> {
  if (userIds.length === 0) return new Set();
  const [members, enrolled] = await Promise.all([
    db
      .select({ id: courseMembers.userId })
      .from(courseMembers)
      .where(and(eq(courseMembers.courseId, courseId), inArray(courseMembers.userId, userIds))),
    db
      .select({ id: enrolments.userId })
      .from(enrolments)
      .innerJoin(courseClasses, eq(courseClasses.classId, enrolments.classId))
      .where(and(eq(courseClasses.courseId, courseId), inArray(enrolments.userId, userIds))),
  ]);
  return new Set([...members, ...enrolled].map((row) => row.id));
}
