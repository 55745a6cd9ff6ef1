import type { Db } from "@/db/client";
import {
  assignments,
  type ContainerSpec,
  classes,
  courseClasses,
  courseMembers,
  courses,
  enrolments,
  experiments,
  tasks,
  templates,
  templateVersions,
  userRoles,
  users,
} from "@/db/schema";
import { type Ctx, createCtx, systemCtx, type UserActor } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { defaultRoles, type Role } from "@/lib/platform/permissions";

export type World = Awaited<ReturnType<typeof createWorld>>;

export const jupyterSpec: ContainerSpec = {
  driver: "docker",
  protocol: "jupyter",
  image: "labyard/jupyter",
  cpus: 1,
  memoryMb: 512,
  processes: 256,
  diskMb: 128,
  env: {},
  network: "none",
  startTimeoutSeconds: 120,
};

type Wishes = {
  students?: number;
  spec?: Partial<ContainerSpec>;
  task?: Partial<typeof tasks.$inferInsert>;
  experiment?: Partial<typeof experiments.$inferInsert>;
  opensAt?: Date | null;
  closesAt?: Date | null;
};

/**
 * A course with a teacher, an assistant, a class and a published experiment of one task, written straight
 * into the tables: the smallest world in which a student can press Start.
 */
export async function createWorld(db: Db, wishes: Wishes = {}) {
  const at = systemCtx("world", { db }).clock.now();
  const stamp = { createdAt: at, updatedAt: at };
  const tag = newId().slice(-10).toLowerCase();
  const person = async (role: Role, name: string): Promise<UserActor> => {
    const id = newId();
    const username = `${name}-${tag}`.toLowerCase();
    await db.insert(users).values({ id, username, name, number: username, ...stamp });
    await db.insert(userRoles).values({ userId: id, role });
    return {
      type: "user",
      id,
      name,
      roles: [role],
      permissions: new Set(defaultRoles[role]),
      sessionId: newId(),
    };
  };
  const teacher = await person("teacher", "teacher");
  const assistant = await person("assistant", "assistant");
  const otherTeacher = await person("teacher", "other");
  const admin = await person("superadmin", "admin");
  const stranger = await person("student", "stranger");
  const students: UserActor[] = [];
  for (let i = 0; i < (wishes.students ?? 2); i++) students.push(await person("student", `student${i + 1}`));

  const [courseId, classId, templateId, versionId, experimentId, taskId] = Array.from(
    { length: 6 },
    newId,
  ) as [string, string, string, string, string, string];
  const by = { createdBy: teacher.id };
  await db.insert(courses).values({ id: courseId, name: "数据科学导论", description: "", ...by, ...stamp });
  await db.insert(courseMembers).values([
    { courseId, userId: teacher.id, role: "teacher" },
    { courseId, userId: assistant.id, role: "assistant" },
  ]);
  await db.insert(classes).values({ id: classId, name: `数据 2601 ${tag}`, ...by, ...stamp });
  await db.insert(courseClasses).values({ courseId, classId });
  if (students.length) {
    await db.insert(enrolments).values(students.map(({ id }) => ({ classId, userId: id, createdAt: at })));
  }
  const template = {
    id: templateId,
    name: `JupyterLab ${tag}`,
    description: "",
    currentVersionId: versionId,
  };
  await db.insert(templates).values({ ...template, ...by, ...stamp });
  const spec = { ...jupyterSpec, ...wishes.spec };
  await db
    .insert(templateVersions)
    .values({ id: versionId, templateId, number: 1, spec, ...by, createdAt: at });
  await db.insert(experiments).values({
    id: experimentId,
    courseId,
    title: "第一次实验",
    description: "# 第一次实验",
    status: "published",
    opensAt: wishes.opensAt ?? null,
    closesAt: wishes.closesAt ?? null,
    ...by,
    ...stamp,
    ...wishes.experiment,
  });
  await db.insert(tasks).values({
    id: taskId,
    experimentId,
    position: 1,
    type: "environment",
    title: "环境",
    templateId,
    durationMinutes: 60,
    maxAttempts: 2,
    ...wishes.task,
  });
  await db.insert(assignments).values({ id: newId(), experimentId, targetType: "class", targetId: classId });
  return {
    teacher,
    assistant,
    otherTeacher,
    admin,
    stranger,
    students,
    /** The first of them; a world of none has no use for it. */
    student: students[0] as UserActor,
    courseId,
    classId,
    experimentId,
    taskId,
    templateId,
    versionId,
  };
}

/** The context of a person of the world, with whatever a test wants to stand still. */
export const as = (actor: UserActor, db: Db, overrides: Partial<Ctx> = {}): Ctx =>
  createCtx(actor, { db, ...overrides });
