import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, courseMembers, experiments, outbox } from "@/db/schema";
import { as, createWorld, jupyterSpec, type World } from "@/e2e/world";
import { createClass, enrolClass, importRoster, withdrawClass } from "@/lib/courses";
import { fixedClock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { openFile } from "@/lib/platform/files";
import { newId } from "@/lib/platform/ids";
import {
  archiveTemplate,
  createTemplate,
  currentVersionOf,
  duplicateTemplate,
  editTemplate,
  getTemplate,
  getTemplateVersion,
  listTemplates,
  listTemplateVersions,
} from "@/lib/templates";
import {
  addAttachment,
  archiveExperiment,
  assign,
  canWatchExperiment,
  createExperiment,
  duplicateExperiment,
  editExperiment,
  editTask,
  experimentActivity,
  experimentStudents,
  findCourseStudents,
  getExperiment,
  listExperiments,
  listStudentExperiments,
  loadExperiment,
  materialsOf,
  publishChecklist,
  publishExperiment,
  readAttachment,
  removeAttachment,
  renameAttachment,
  restoreAttachment,
  restoreExperiment,
  setWindow,
  studentExperiment,
  studentTask,
  studentWindow,
  unassign,
  unpublishExperiment,
} from "./index";
import { previewText } from "./preview-text";

const db = database();
let store = "";
let world: World;
beforeAll(async () => {
  store = await mkdtemp(join(tmpdir(), "labyard-store-"));
  process.env.LABYARD_HOME = store;
  world = await createWorld(db, { closesAt: new Date("2030-01-10T00:00:00Z") });
});
afterAll(async () => {
  await closeDatabase();
  await rm(store, { recursive: true, force: true });
});

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { key?: string; message: string }) => error.key ?? error.message,
  );
const at = (day: number) => `2030-01-${String(day).padStart(2, "0")}T00:00:00.000Z`;
async function* bytes(content: string) {
  yield Buffer.from(content);
}
const student = (index = 0) => {
  const found = world.students[index];
  if (!found) throw new Error("no such student");
  return found;
};
const templateFields = {
  ...jupyterSpec,
  name: "测试环境",
  description: "",
  visibility: "shared" as const,
  env: [{ name: "DATA_SET", value: "iris" }],
};

describe("templates", () => {
  test("every edit is a version; what is pinned stays as it was", async () => {
    const ctx = as(world.teacher, db);
    const { templateId } = await createTemplate({ ctx, input: templateFields });
    const first = await currentVersionOf(db, templateId);
    expect(first).toMatchObject({ number: 1, spec: { memoryMb: 512, env: { DATA_SET: "iris" } } });
    const edit = (memoryMb: number, basedOn: string) =>
      editTemplate({ ctx, input: { ...templateFields, memoryMb, templateId, basedOn } });
    expect(await edit(1024, first.id)).toEqual({ templateId, version: 2 });
    expect(await outcome(edit(2048, first.id))).toBe("templateChanged");
    expect((await currentVersionOf(db, templateId)).spec.memoryMb).toBe(1024);
    expect((await getTemplateVersion(db, first.id)).spec.memoryMb).toBe(512);
    expect((await listTemplateVersions(ctx, templateId)).map((row) => row.number)).toEqual([2, 1]);
  });

  test("one's own stay one's own; a shared one is copied, not changed, by others", async () => {
    const mine = as(world.teacher, db);
    const theirs = as(world.otherTeacher, db);
    const own = await createTemplate({
      ctx: mine,
      input: { ...templateFields, name: "私有", visibility: "own" },
    });
    const shared = await createTemplate({ ctx: mine, input: { ...templateFields, name: "共享" } });
    expect(await outcome(getTemplate(theirs, own.templateId))).toBe("notFound.template");
    expect(await outcome(listTemplateVersions(theirs, own.templateId))).toBe("notFound.template");
    expect(
      await outcome(duplicateTemplate({ ctx: theirs, input: { templateId: own.templateId, name: "x" } })),
    ).toBe("notFound.template");
    expect((await getTemplate(theirs, shared.templateId)).may).toEqual({ edit: false, use: true });
    expect(await outcome(archiveTemplate({ ctx: theirs, input: { templateId: shared.templateId } }))).toBe(
      "forbidden",
    );
    const copy = await duplicateTemplate({
      ctx: theirs,
      input: { templateId: shared.templateId, name: "我的" },
    });
    expect((await getTemplate(theirs, copy.templateId)).may.edit).toBe(true);
    const seen = (await listTemplates({ ctx: theirs, input: { limit: 100 } })).rows.map((row) => row.name);
    expect(seen).toContain("共享");
    expect(seen).not.toContain("私有");
    expect(await outcome(listTemplates({ ctx: as(student(), db), input: {} }))).toBe("forbidden");
  });
});

describe("an experiment from nothing to published", () => {
  let experimentId = "";
  let taskId = "";
  const blocking = async () =>
    (await publishChecklist(as(world.teacher, db), experimentId))
      .filter((item) => item.blocking && !item.done)
      .map((item) => item.key);

  test("says what is missing, and is published when nothing is", async () => {
    const ctx = as(world.teacher, db);
    ({ experimentId, taskId } = await createExperiment({
      ctx,
      input: { courseId: world.courseId, title: "清洗数据" },
    }));
    expect(await blocking()).toEqual(["template", "assignment"]);
    expect(await outcome(publishExperiment({ ctx, input: { experimentId } }))).toBe("publishBlocked");
    const { templateId } = await createTemplate({ ctx, input: templateFields });
    const task = {
      taskId,
      templateId,
      durationMinutes: "",
      maxAttempts: 2,
      selfExtensions: 1,
      selfExtensionMinutes: 15,
      idleMinutes: 60,
    };
    expect(await outcome(editTask({ ctx, input: { ...task, durationMinutes: 0 } }))).not.toBe("done");
    await editTask({ ctx, input: task });
    await archiveTemplate({ ctx, input: { templateId } });
    expect(await blocking()).toEqual(["templateArchived", "assignment"]);
    const other = await createTemplate({ ctx, input: templateFields });
    await editTask({ ctx, input: { ...task, templateId: other.templateId } });
    const toClass = { experimentId, targetType: "class", targetId: world.classId } as const;
    await assign({ ctx, input: { ...toClass, opensAt: null, closesAt: "2020-01-01T00:00:00Z" } });
    expect(await blocking()).toEqual(["window"]);
    await assign({ ctx, input: { ...toClass, opensAt: null, closesAt: null } });
    expect(await blocking()).toEqual([]);
    expect(await outcome(studentTask({ ctx: as(student(), db), taskId }))).toBe("notFound.task");
    await publishExperiment({ ctx, input: { experimentId } });
    expect((await getExperiment(ctx, experimentId)).task.durationMinutes).toBeNull();
  });

  test("reaches its class, and nobody else", async () => {
    expect((await studentTask({ ctx: as(student(), db), taskId })).experiment.id).toBe(experimentId);
    expect((await listStudentExperiments(as(student(), db))).map((row) => row.id)).toContain(experimentId);
    for (const other of [world.stranger, world.otherTeacher, world.teacher]) {
      expect(await outcome(studentTask({ ctx: as(other, db), taskId }))).toBe("notFound.task");
      expect(await outcome(studentExperiment({ ctx: as(other, db), experimentId }))).toBe(
        "notFound.experiment",
      );
      expect((await listStudentExperiments(as(other, db))).map((row) => row.id)).not.toContain(experimentId);
    }
    expect(await outcome(studentTask({ ctx: as(world.stranger, db), taskId, userId: student().id }))).toBe(
      "notFound.task",
    );
    const job = await studentTask({ ctx: systemCtx("test", { db }), taskId, userId: student().id });
    expect(job.task.id).toBe(taskId);
  });

  test("a student has the union of their windows; one side of a row falls back to the experiment's", async () => {
    const ctx = as(world.teacher, db);
    await setWindow({ ctx, input: { experimentId, opensAt: at(2), closesAt: at(10) } });
    const own = { experimentId, targetType: "student", targetId: student().id } as const;
    await assign({ ctx, input: { ...own, opensAt: at(1), closesAt: at(3) } });
    const window = { opensAt: new Date(at(1)), closesAt: new Date(at(10)) };
    expect((await studentTask({ ctx: as(student(), db), taskId })).window).toEqual(window);
    expect(await studentWindow(db, taskId, student().id)).toEqual(window);
    expect(await studentWindow(db, taskId, student(1).id)).toEqual({
      opensAt: new Date(at(2)),
      closesAt: new Date(at(10)),
    });
    const rows = await experimentStudents(db, experimentId);
    expect(rows).toHaveLength(2);
    expect(rows.find((row) => row.userId === student().id)?.window).toEqual(window);
    expect(
      await outcome(setWindow({ ctx, input: { experimentId, opensAt: at(3), closesAt: at(2) } })),
    ).not.toBe("done");
    expect((await unassign({ ctx, input: own })).window).toEqual({
      opensAt: new Date(at(1)),
      closesAt: new Date(at(3)),
    });
  });

  test("is assigned to students and classes of its course only", async () => {
    const ctx = as(world.teacher, db);
    const window = { opensAt: null, closesAt: null };
    const { classId } = await createClass({ ctx, input: { name: "别的班" } });
    for (const [targetType, targetId] of [
      ["student", world.stranger.id],
      ["class", classId],
      ["class", newId()],
    ] as const) {
      expect(await outcome(assign({ ctx, input: { experimentId, targetType, targetId, ...window } }))).toBe(
        `notFound.${targetType}`,
      );
    }
    expect(await findCourseStudents(ctx, experimentId, "student")).toHaveLength(2);
    expect(await findCourseStudents(ctx, experimentId, "stranger")).toEqual([]);
  });

  test("a class that leaves the course loses it, and has it again when it returns", async () => {
    const ctx = as(world.teacher, db);
    const input = { courseId: world.courseId, classId: world.classId };
    await withdrawClass({ ctx, input });
    expect(await outcome(studentTask({ ctx: as(student(), db), taskId }))).toBe("notFound.task");
    expect(await studentWindow(db, taskId, student().id)).toEqual({
      opensAt: new Date(at(2)),
      closesAt: new Date(at(10)),
    });
    await enrolClass({ ctx, input });
    expect(await outcome(studentTask({ ctx: as(student(), db), taskId }))).toBe("done");
  });

  test("moving the window or the duration tells every open attempt, and counts who is at work", async () => {
    const ctx = as(world.teacher, db);
    const attemptId = newId();
    const version = await currentVersionOf(
      db,
      (await getExperiment(ctx, experimentId)).task.templateId ?? "",
    );
    await db.insert(attempts).values({
      id: attemptId,
      taskId,
      userId: student().id,
      number: 1,
      templateVersionId: version.id,
      state: "open",
      createdAt: new Date(),
    });
    const sent = async () =>
      (await db.select().from(outbox).where(eq(outbox.name, "attempt/deadline.changed"))).filter(
        (row) => row.data.attemptId === attemptId,
      ).length;
    expect(await setWindow({ ctx, input: { experimentId, opensAt: null, closesAt: at(20) } })).toEqual({
      moved: 1,
    });
    expect(await sent()).toBe(1);
    const { task } = await getExperiment(ctx, experimentId);
    const { templateId, maxAttempts, selfExtensions, selfExtensionMinutes, idleMinutes } = task;
    const same = { taskId, templateId, maxAttempts, selfExtensions, selfExtensionMinutes, idleMinutes };
    await editTask({ ctx, input: { ...same, durationMinutes: 90 } });
    await editTask({ ctx, input: { ...same, durationMinutes: 90, maxAttempts: 3 } });
    expect(await sent()).toBe(2);
    expect(await experimentActivity(ctx, experimentId)).toEqual({ openAttempts: 1, running: 0, waiting: 0 });
  });

  test("unpublished or archived, nobody can start; the window of who is at work holds", async () => {
    const ctx = as(world.teacher, db);
    for (const [away, back] of [
      [unpublishExperiment, publishExperiment],
      [archiveExperiment, restoreExperiment],
    ] as const) {
      await away({ ctx, input: { experimentId } });
      expect(await outcome(studentTask({ ctx: as(student(), db), taskId }))).toBe("notFound.task");
      expect((await studentWindow(db, taskId, student().id))?.closesAt).toEqual(new Date(at(20)));
      await back({ ctx, input: { experimentId } });
      expect(await outcome(studentTask({ ctx: as(student(), db), taskId }))).toBe("done");
    }
  });

  test("before it opens, its text and files are nobody's but the staff's", async () => {
    const ctx = as(world.teacher, db);
    await editExperiment({ ctx, input: { experimentId, title: "清洗数据", description: "机密", weight: 2 } });
    await setWindow({ ctx, input: { experimentId, opensAt: at(5), closesAt: at(20) } });
    const file = await addAttachment({
      ctx,
      input: { experimentId, name: "题目.csv" },
      content: bytes("a,b"),
    });
    const early = as(student(), db, { clock: fixedClock(at(4)) });
    const seen = await studentExperiment({ ctx: early, experimentId });
    expect([seen.phase, seen.experiment.description, seen.attachments]).toEqual(["before", "", []]);
    expect(await outcome(readAttachment(early, file.id))).toBe("notFound.attachment");
    const later = as(student(), db, { clock: fixedClock(at(5)) });
    expect((await studentExperiment({ ctx: later, experimentId })).experiment.description).toBe("机密");
    expect((await readAttachment(later, file.id)).name).toBe("题目.csv");
    expect(await outcome(readAttachment(as(world.stranger, db, { clock: fixedClock(at(6)) }), file.id))).toBe(
      "notFound.attachment",
    );
  });

  test("a duplicate has text, task and files, and is for nobody", async () => {
    const ctx = as(world.teacher, db);
    const copy = await duplicateExperiment({
      ctx,
      input: { experimentId, courseId: world.courseId, title: "清洗数据二" },
    });
    const detail = await getExperiment(ctx, copy.experimentId);
    expect(detail.experiment).toMatchObject({
      status: "draft",
      description: "机密",
      weight: 2,
      closesAt: null,
    });
    expect(detail.task).toMatchObject({ title: "清洗数据二", durationMinutes: 90 });
    expect(detail.attachments.map((file) => file.name)).toEqual(["题目.csv"]);
    expect(detail.assignments).toEqual({ classes: [], students: [] });
  });
});

describe("attachments", () => {
  test("same names are numbered, also when they come at once; undo brings back what was there", async () => {
    const ctx = as(world.teacher, db);
    const { experimentId } = await createExperiment({
      ctx,
      input: { courseId: world.courseId, title: "附件" },
    });
    const added = await Promise.all(
      ["one", "two", "three"].map((content) =>
        addAttachment({ ctx, input: { experimentId, name: "data.csv" }, content: bytes(content) }),
      ),
    );
    expect(added.map((file) => file.name).sort()).toEqual(["data (2).csv", "data (3).csv", "data.csv"]);
    const first = added[0];
    if (!first) throw new Error("nothing added");
    const kept = await readAttachment(ctx, first.id);
    expect(await text(openFile(kept.sha256))).toBe("one");
    const input = { experimentId, attachmentId: first.id };
    await removeAttachment({ ctx, input });
    expect(await materialsOf(db, experimentId)).toHaveLength(2);
    expect(await outcome(removeAttachment({ ctx, input }))).toBe("notFound.attachment");
    expect((await restoreAttachment({ ctx, input })).name).toBe(first.name);
    expect(await readAttachment(ctx, first.id)).toEqual(kept);
    expect(await outcome(renameAttachment({ ctx, input: { ...input, name: added[1]?.name ?? "" } }))).toBe(
      "invalid",
    );
    expect(await renameAttachment({ ctx, input: { ...input, name: "../x/改名.csv" } })).toEqual({
      name: "改名.csv",
    });
    expect(
      await outcome(
        addAttachment({ ctx, input: { experimentId, name: "pic\u202Egpj.exe" }, content: bytes("x") }),
      ),
    ).toBe("invalid");
  });

  test("an attachment of one experiment is not reached through another", async () => {
    const ctx = as(world.teacher, db);
    const a = await createExperiment({ ctx, input: { courseId: world.courseId, title: "甲" } });
    const b = await createExperiment({ ctx, input: { courseId: world.courseId, title: "乙" } });
    const file = await addAttachment({
      ctx,
      input: { experimentId: a.experimentId, name: "a" },
      content: bytes("a"),
    });
    const crossed = { experimentId: b.experimentId, attachmentId: file.id };
    for (const work of [removeAttachment, restoreAttachment])
      expect(await outcome(work({ ctx, input: crossed }))).toBe("notFound.attachment");
    expect(await outcome(renameAttachment({ ctx, input: { ...crossed, name: "b" } }))).toBe(
      "notFound.attachment",
    );
  });
});

describe("who may", () => {
  const window = { opensAt: null, closesAt: null };
  const everything = async (actor: World["teacher"]) => {
    const ctx = as(actor, db);
    const { courseId, experimentId, taskId, classId } = world;
    const input = { experimentId };
    const task = {
      templateId: "",
      durationMinutes: 60,
      maxAttempts: 2,
      selfExtensions: 1,
      selfExtensionMinutes: 15,
      idleMinutes: 60,
    };
    const target = { experimentId, targetType: "class", targetId: classId } as const;
    const attachment = { experimentId, attachmentId: newId() };
    const work: Record<string, Promise<unknown>> = {
      list: listExperiments({ ctx, input: { courseId } }),
      get: getExperiment(ctx, experimentId),
      checklist: publishChecklist(ctx, experimentId),
      activity: experimentActivity(ctx, experimentId),
      create: createExperiment({ ctx, input: { courseId, title: "x" } }),
      edit: editExperiment({ ctx, input: { experimentId, title: "x", description: "", weight: 1 } }),
      preview: previewText({ ctx, input: { experimentId, text: "# x" } }),
      setWindow: setWindow({ ctx, input: { experimentId, ...window } }),
      editTask: editTask({ ctx, input: { taskId, ...task } }),
      assign: assign({ ctx, input: { ...target, ...window } }),
      unassign: unassign({ ctx, input: target }),
      publish: publishExperiment({ ctx, input }),
      unpublish: unpublishExperiment({ ctx, input }),
      archive: archiveExperiment({ ctx, input }),
      restore: restoreExperiment({ ctx, input }),
      duplicate: duplicateExperiment({ ctx, input: { experimentId, courseId, title: "x" } }),
      addAttachment: addAttachment({ ctx, input: { experimentId, name: "x" }, content: bytes("x") }),
      renameAttachment: renameAttachment({ ctx, input: { ...attachment, name: "x" } }),
      removeAttachment: removeAttachment({ ctx, input: attachment }),
      restoreAttachment: restoreAttachment({ ctx, input: attachment }),
      findStudents: findCourseStudents(ctx, experimentId, "s"),
    };
    return Promise.all(Object.entries(work).map(async ([name, one]) => [name, await outcome(one)] as const));
  };

  test("a teacher of another course and students find nothing", async () => {
    for (const actor of [world.otherTeacher, world.stranger, student()]) {
      for (const [name, result] of await everything(actor)) expect(result, name).toMatch(/^notFound\./);
      expect(await canWatchExperiment(as(actor, db), world.experimentId)).toBe(false);
    }
    const [row] = await db.select().from(experiments).where(eq(experiments.id, world.experimentId));
    expect(row).toMatchObject({ title: "第一次实验", status: "published", archivedAt: null });
  });

  test("an assistant reads, and changes nothing", async () => {
    const reads = ["list", "get", "checklist", "activity"];
    for (const [name, result] of await everything(world.assistant))
      expect(result, name).toBe(reads.includes(name) ? "done" : "forbidden");
    const ctx = as(world.assistant, db);
    expect(await canWatchExperiment(ctx, world.experimentId)).toBe(true);
    expect(await outcome(loadExperiment(ctx, world.experimentId, "edit"))).toBe("forbidden");
  });

  test("an administrator may as a teacher; a removed teacher no longer", async () => {
    expect(await outcome(loadExperiment(as(world.admin, db), world.experimentId, "edit"))).toBe("done");
    const other = await createWorld(db);
    expect(await outcome(loadExperiment(as(other.teacher, db), other.experimentId, "edit"))).toBe("done");
    await db
      .delete(courseMembers)
      .where(and(eq(courseMembers.courseId, other.courseId), eq(courseMembers.userId, other.teacher.id)));
    expect(await outcome(getExperiment(as(other.teacher, db), other.experimentId))).toBe(
      "notFound.experiment",
    );
  });

  test("a new student of the class has it at once, a removed one no longer", async () => {
    const ctx = as(world.teacher, db);
    const number = `late${Date.now().toString(36)}`;
    await importRoster({ ctx, input: { classId: world.classId, rows: [{ line: 1, number, name: "迟到" }] } });
    const rows = await experimentStudents(db, world.experimentId);
    expect(rows.map((row) => row.username)).toContain(number);
    expect((await studentWindow(db, world.taskId, rows.at(-1)?.userId ?? ""))?.closesAt).not.toBeNull();
  });
});
