import { eq, inArray } from "drizzle-orm";
import { type Db, database } from "@/db/client";
import {
  attachments,
  attempts,
  classes,
  collectedFiles,
  collections,
  courses,
  executorRuns,
  experiments,
  hosts,
  recordings,
  sessions,
  tasks,
  templates,
  templateVersions,
  users,
  watches,
  workspaces,
} from "@/db/schema";
import type { UserActor } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { newId, randomLabel } from "@/lib/platform/ids";
import { type Walker, walkers } from "./access";
import { ask } from "./ask";
import { sessionCookieOf } from "./fixtures";
import { createWorld, jupyterSpec } from "./world";

export type AccessWorld = Awaited<ReturnType<typeof createAccessWorld>>;

const cookieOf = async (actor: UserActor) => {
  const { name, value } = await sessionCookieOf(actor);
  return `${name}=${value}`;
};

/**
 * A world in which every entry of the list has its object, and whose names hold a word that nobody outside of it
 * may ever read. Workspaces are rows in front of a recording stand-in: the way in is what is walked here.
 */
export async function createAccessWorld(url: string, upstream: string) {
  const db = database();
  // What is started again for real ends at once: there is no such image.
  const world = await createWorld(db, { students: 3, spec: { image: "labyard/not-there" } });
  const [owner, classmate, guest] = world.students;
  if (!owner || !classmate || !guest) throw new Error("a world of three students");
  const mark = `geheim${newId().slice(-12).toLowerCase()}`;
  await db
    .update(courses)
    .set({ name: `课程 ${mark}` })
    .where(eq(courses.id, world.courseId));
  await db
    .update(classes)
    .set({ name: `班级 ${mark}` })
    .where(eq(classes.id, world.classId));
  await db
    .update(experiments)
    .set({ title: `实验 ${mark}`, description: `# ${mark}` })
    .where(eq(experiments.id, world.experimentId));
  const [task] = await db.select().from(tasks).where(eq(tasks.id, world.taskId));
  const templateId = task?.templateId ?? "";
  await db
    .update(templates)
    .set({ name: `模板 ${mark}`, visibility: "own" })
    .where(eq(templates.id, templateId));
  // One who is on the roster and walks nowhere, so that nobody reads it as their own.
  await db
    .update(users)
    .set({ name: `学生 ${mark}` })
    .where(eq(users.id, guest.id));
  const [{ username: guestName = "" } = {}] = await db.select().from(users).where(eq(users.id, guest.id));

  const actors: Record<Walker, UserActor | null> = {
    nobody: null,
    stranger: world.stranger,
    classmate,
    owner,
    otherTeacher: world.otherTeacher,
    assistant: world.assistant,
    teacher: world.teacher,
    admin: world.admin,
  };
  const cookies = {} as Record<Walker, string>;
  const revoked = {} as Record<Walker, string>;
  for (const walker of walkers) {
    const actor = actors[walker];
    cookies[walker] = actor ? await cookieOf(actor) : "";
    revoked[walker] = actor ? await cookieOf(actor) : "";
    if (!actor) continue;
    const [last] = (await db.select({ id: sessions.id }).from(sessions).where(eq(sessions.userId, actor.id)))
      .map(({ id }) => id)
      .sort()
      .reverse();
    await db
      .update(sessions)
      .set({ endedAt: new Date() })
      .where(eq(sessions.id, last ?? ""));
  }

  const place = await makePlace(db, { ...world, owner, templateId, upstream });
  const theirs = await makePlace(db, {
    ...world,
    owner: classmate,
    templateId,
    upstream,
    taskId: place.taskId,
  });

  const another = () => makePlace(db, { ...world, taskId: undefined, owner, templateId, upstream });

  const spare = await makeSpares(db, world);
  const put = (experimentId: string, name: string) =>
    ask(url, {
      method: "PUT",
      path: `/api/attachments?experiment=${experimentId}&name=${name}`,
      headers: { cookie: cookies.teacher, origin: url },
      body: `content ${mark}`,
    });
  for (const id of [world.experimentId, spare.experimentId]) {
    const answer = await put(id, "data.txt");
    if (answer.status !== 201) throw new Error(`attachment: ${answer.status} ${answer.body}`);
  }
  const attached = await db
    .select()
    .from(attachments)
    .where(inArray(attachments.experimentId, [world.experimentId, spare.experimentId]));
  const attachmentOf = (experimentId: string) =>
    attached.find((row) => row.experimentId === experimentId) ?? { id: "", sha256: "" };

  const [collectionId, fileId] = [newId(), newId()];
  const at = new Date();
  await db.insert(collections).values({
    id: collectionId,
    attemptId: place.attemptId,
    homeId: newId(),
    state: "done",
    files: 1,
    createdAt: at,
    finishedAt: at,
  });
  await db.insert(collectedFiles).values({
    id: fileId,
    collectionId,
    path: `${mark}.txt`,
    size: `content ${mark}`.length,
    sha256: attachmentOf(world.experimentId).sha256,
  });
  const recordingId = newId();
  await db.insert(recordings).values({
    id: recordingId,
    workspaceId: place.workspaceId,
    attemptId: place.attemptId,
    userId: owner.id,
    kind: "terminal",
    state: "done",
    startedAt: at,
    beatAt: at,
    endedAt: at,
    durationMs: 1_000,
    bytes: `content ${mark}`.length,
    sha256: attachmentOf(world.experimentId).sha256,
    expiresAt: new Date(at.getTime() + 3_600_000),
  });
  // The teacher looks at two students, and asks them for the controls; nobody finds that browser silent meanwhile.
  const [watchId, otherWatchId] = [newId(), newId()];
  const tomorrow = new Date(at.getTime() + 24 * 3_600_000);
  const look = { watcherId: world.teacher.id, startedAt: at, seenAt: tomorrow, stateAt: at };
  await db.insert(watches).values([
    { ...look, id: watchId, workspaceId: place.workspaceId, state: "asked" },
    { ...look, id: otherWatchId, workspaceId: theirs.workspaceId, state: "asked" },
  ]);
  // A job of its own, over and done: others come and go by themselves.
  const runId = newId();
  await db.insert(executorRuns).values({
    id: runId,
    functionId: "labyard-changes-prune",
    eventId: newId(),
    state: "completed",
    createdAt: new Date(),
    startedAt: new Date(),
    endedAt: new Date(),
  });
  const [host] = await db.select({ id: hosts.id }).from(hosts).limit(1);
  const ownersOther = await sessionIdOfNew(db, owner);
  // Another course altogether, whose teacher mixes its ids with those of this one.
  const foreign = await createWorld(db, { students: 1 });

  return {
    ...world,
    db,
    mark,
    actors,
    cookies,
    revoked,
    guest,
    guestName,
    templateId,
    place,
    theirs,
    spare,
    attachmentId: attachmentOf(world.experimentId).id,
    spareAttachmentId: attachmentOf(spare.experimentId).id,
    fileId,
    collectionId,
    recordingId,
    watchId,
    otherWatchId,
    runId,
    hostId: host?.id ?? "",
    ownersOther,
    foreign: { ...foreign, cookie: await cookieOf(foreign.teacher) },
    freshCookie: cookieOf,
    /** Other attempts of the owner, each with a workspace, for acts that use them up. */
    places: [
      await another(),
      await another(),
      await another(),
      await another(),
      await another(),
      await another(),
      await another(),
    ] as const,
  };
}

async function sessionIdOfNew(db: Db, actor: UserActor): Promise<string> {
  const before = await db.select({ id: sessions.id }).from(sessions).where(eq(sessions.userId, actor.id));
  await sessionCookieOf(actor);
  const after = await db.select({ id: sessions.id }).from(sessions).where(eq(sessions.userId, actor.id));
  return after.find(({ id }) => !before.some((old) => old.id === id))?.id ?? "";
}

type PlaceWish = {
  owner: UserActor;
  experimentId: string;
  templateId: string;
  upstream: string;
  taskId?: string;
};

/** An open attempt with a workspace that counts as ready; no container, so no reconciler minds it. */
async function makePlace(db: Db, wish: PlaceWish) {
  const [template] = await db.select().from(templates).where(eq(templates.id, wish.templateId));
  const templateVersionId = template?.currentVersionId ?? "";
  const now = new Date();
  const ids = { taskId: wish.taskId ?? newId(), attemptId: newId(), workspaceId: newId() };
  if (!wish.taskId) {
    const rows = await db
      .select({ id: tasks.id })
      .from(tasks)
      .where(eq(tasks.experimentId, wish.experimentId));
    await db.insert(tasks).values({
      id: ids.taskId,
      experimentId: wish.experimentId,
      position: rows.length + 1,
      type: "environment",
      title: "环境",
      templateId: wish.templateId,
      durationMinutes: 60,
      maxAttempts: 2,
    });
  }
  await db.insert(attempts).values({
    id: ids.attemptId,
    taskId: ids.taskId,
    userId: wish.owner.id,
    number: 1,
    templateVersionId,
    state: "open",
    startedAt: now,
    deadlineAt: new Date(now.getTime() + 3_600_000),
    createdAt: now,
  });
  const label = randomLabel();
  await db.insert(workspaces).values({
    id: ids.workspaceId,
    purpose: "attempt",
    attemptId: ids.attemptId,
    userId: wish.owner.id,
    templateVersionId,
    label,
    desired: "running",
    state: "ready",
    address: wish.upstream,
    secret: seal("secret-of-the-stand-in"),
    causeDetail: "what it printed",
    memoryMb: 64,
    requestedAt: now,
    stateAt: now,
    readyAt: now,
  });
  return { ...ids, label };
}

/** A second class, template and draft of the teacher, for acts that change or archive them. */
async function makeSpares(db: Db, world: { courseId: string; teacher: UserActor }) {
  const at = new Date();
  const stamp = { createdBy: world.teacher.id, createdAt: at, updatedAt: at };
  const ids = {
    classId: newId(),
    templateId: newId(),
    versionId: newId(),
    experimentId: newId(),
    taskId: newId(),
  };
  await db.insert(classes).values({ id: ids.classId, name: "另一个班", ...stamp });
  await db.insert(templates).values({
    id: ids.templateId,
    name: "另一个模板",
    description: "",
    currentVersionId: ids.versionId,
    visibility: "own",
    ...stamp,
  });
  await db.insert(templateVersions).values({
    id: ids.versionId,
    templateId: ids.templateId,
    number: 1,
    spec: jupyterSpec,
    createdBy: world.teacher.id,
    createdAt: at,
  });
  await db.insert(experiments).values({
    id: ids.experimentId,
    courseId: world.courseId,
    title: "另一个实验",
    description: "",
    ...stamp,
  });
  await db.insert(tasks).values({
    id: ids.taskId,
    experimentId: ids.experimentId,
    position: 1,
    type: "environment",
    title: "环境",
    templateId: ids.templateId,
  });
  return ids;
}
