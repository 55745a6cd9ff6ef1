import { and, eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { auditLog, enrolments, users } from "@/db/schema";
import { as, createWorld, type World } from "@/e2e/world";
import {
  addMember,
  addStudent,
  archiveClass,
  archiveCourse,
  createClass,
  createCourse,
  editCourse,
  enrolClass,
  enrollableClasses,
  getClass,
  getCourse,
  importRoster,
  listClasses,
  listCourseClasses,
  listCourses,
  listMembers,
  listRoster,
  previewRoster,
  removeMember,
  removeStudent,
  renameClass,
  restoreClass,
  restoreCourse,
  restoreStudent,
  showClass,
  withdrawClass,
} from "./index";

const db = database();
afterAll(closeDatabase);

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { key?: string; message: string }) => error.key ?? error.message,
  );

let world: World;
beforeAll(async () => {
  world = await createWorld(db);
});

const numbers = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1).padStart(3, "0")}`);

describe("a roster of 60", () => {
  const prefix = `r${Date.now().toString(36)}`;
  let classId = "";
  let text = "";

  beforeAll(async () => {
    ({ classId } = await createClass({ ctx: as(world.teacher, db), input: { name: "数据 2602" } }));
    const lines = numbers(60, prefix).map((number, index) => `${number},学生${"甲乙丙丁"[index % 4]}`);
    lines[9] = `${prefix}011,学生丙`; // twice: line 11 and 12 of the file
    lines[19] = ",无学号";
    lines[29] = `${prefix}030,`;
    lines[39] = "2.026E+11,科学计数";
    lines[49] = `${prefix}050,=HYPERLINK("http://x")`;
    text = `学号,姓名\n${lines.join("\n")}`;
  });

  test("is judged line by line and changes nothing", async () => {
    const before = (await db.select().from(users)).length;
    const lines = await previewRoster({ ctx: as(world.teacher, db), input: { classId, text } });
    expect(lines).toHaveLength(60);
    expect(lines.filter((line) => line.status === "new")).toHaveLength(55);
    const wrong = lines.flatMap((line) =>
      line.status === "invalid"
        ? [`${line.line} ${line.reason}`]
        : line.status === "duplicate"
          ? [`${line.line} duplicate of ${line.firstLine}`]
          : [],
    );
    expect(wrong).toEqual([
      "12 duplicate of 11",
      "21 numberMissing",
      "31 nameMissing",
      "41 numberScientific",
      "51 name",
    ]);
    expect((await db.select().from(users)).length).toBe(before);
  });

  test("goes in without its wrong lines, with a one-time password for each new account", async () => {
    const ctx = as(world.teacher, db);
    const lines = await previewRoster({ ctx, input: { classId, text } });
    const results = await importRoster({ ctx, input: { classId, rows: lines } });
    const created = results.flatMap((line) => (line.status === "created" ? [line] : []));
    expect(created).toHaveLength(55);
    expect(new Set(created.map((line) => line.password)).size).toBe(55);
    expect(results.filter((line) => line.status === "invalid" || line.status === "duplicate")).toHaveLength(
      5,
    );
    const roster = await listRoster({ ctx, input: { classId, limit: 20 } });
    expect(roster.total).toBe(55);
    expect(roster.rows).toHaveLength(20);
    const next = await listRoster({ ctx, input: { classId, limit: 50, cursor: roster.next ?? "" } });
    expect(next.rows).toHaveLength(35);
    expect(next.next).toBeNull();
    const logged = await db.select().from(auditLog).where(eq(auditLog.targetId, classId));
    expect(JSON.stringify(logged)).not.toContain(created[0]?.password);
  });

  test("again changes nothing, and says that they are there", async () => {
    const ctx = as(world.teacher, db);
    const lines = await previewRoster({ ctx, input: { classId, text } });
    expect(lines.filter((line) => line.status === "enrolled")).toHaveLength(55);
    const results = await importRoster({ ctx, input: { classId, rows: lines } });
    expect(results.some((line) => line.status === "created" || line.status === "added")).toBe(false);
    expect((await listRoster({ ctx, input: { classId } })).total).toBe(55);
  });

  test("changes names only where asked, and only of its own students", async () => {
    const ctx = as(world.teacher, db);
    const rows = [{ line: 1, number: `${prefix}001`, name: "改名" }];
    expect((await importRoster({ ctx, input: { classId, rows } }))[0]).toMatchObject({
      status: "enrolled",
      systemName: "学生甲",
    });
    expect((await importRoster({ ctx, input: { classId, rows, updateNames: true } }))[0]?.status).toBe(
      "renamed",
    );
    const other = await createClass({ ctx, input: { name: "另一个班" } });
    const elsewhere = await importRoster({
      ctx,
      input: {
        classId: other.classId,
        rows: [{ line: 1, number: `${prefix}001`, name: "又改" }],
        updateNames: true,
      },
    });
    expect(elsewhere[0]).toMatchObject({ status: "invalid", reason: "nameDiffers", systemName: "改名" });
    const [row] = await db
      .select()
      .from(users)
      .where(eq(users.username, `${prefix}001`));
    expect(row?.name).toBe("改名");
  });

  test("adds an account that exists without a password and without a change", async () => {
    const ctx = as(world.teacher, db);
    const other = await createClass({ ctx, input: { name: "选修班" } });
    const result = await addStudent({
      ctx,
      input: { classId: other.classId, number: ` ${prefix.toUpperCase()}002 `, name: "学生乙" },
    });
    expect(result.status).toBe("added");
    expect(
      await outcome(
        addStudent({ ctx, input: { classId: other.classId, number: `${prefix}002`, name: "学生乙" } }),
      ),
    ).toBe("invalid");
  });

  test("two imports at once make every account once", async () => {
    const ctx = as(world.teacher, db);
    const { classId: both } = await createClass({ ctx, input: { name: "并行" } });
    const rows = numbers(10, `p${prefix}`).map((number, index) => ({
      line: index + 1,
      number,
      name: "并行生",
    }));
    const results = await Promise.all(
      [1, 2, 3].map(() => importRoster({ ctx, input: { classId: both, rows } })),
    );
    expect(results.flat().filter((line) => line.status === "created")).toHaveLength(10);
    const made = await db
      .select()
      .from(users)
      .where(
        inArray(
          users.username,
          rows.map((row) => row.number),
        ),
      );
    expect(made).toHaveLength(10);
    expect((await listRoster({ ctx, input: { classId: both } })).total).toBe(10);
  });

  test("a student leaves and comes back by undo; undo takes nobody else in", async () => {
    const ctx = as(world.teacher, db);
    const [student] = (await listRoster({ ctx, input: { classId, search: `${prefix}003` } })).rows;
    const input = { classId, userId: student?.userId ?? "" };
    await removeStudent({ ctx, input });
    expect((await listRoster({ ctx, input: { classId } })).total).toBe(54);
    await restoreStudent({ ctx, input });
    expect((await listRoster({ ctx, input: { classId } })).total).toBe(55);
    expect(await outcome(restoreStudent({ ctx, input: { classId, userId: world.stranger.id } }))).toBe(
      "notFound.student",
    );
  });

  test("nothing that looks like a roster is refused with a sentence", async () => {
    const ctx = as(world.teacher, db);
    expect(await outcome(previewRoster({ ctx, input: { classId, text: "你好" } }))).toBe("rosterEmpty");
    const many = `学号,姓名\n${numbers(5001, "m")
      .map((number) => `${number},某`)
      .join("\n")}`;
    expect(await outcome(previewRoster({ ctx, input: { classId, text: many } }))).toBe("rosterTooManyRows");
  });
});

describe("who may", () => {
  const everything = (actor: World["teacher"]) => {
    const ctx = as(actor, db);
    const { courseId, classId } = world;
    const userId = world.students[0]?.id ?? "";
    return {
      getCourse: getCourse(ctx, courseId),
      editCourse: editCourse({ ctx, input: { courseId, name: "改" } }),
      archiveCourse: archiveCourse({ ctx, input: { courseId } }),
      restoreCourse: restoreCourse({ ctx, input: { courseId } }),
      addMember: addMember({ ctx, input: { courseId, person: "x", role: "student" } }),
      removeMember: removeMember({ ctx, input: { courseId, userId: world.teacher.id } }),
      listMembers: listMembers(ctx, courseId),
      listCourseClasses: listCourseClasses(ctx, courseId),
      enrollableClasses: enrollableClasses(ctx, courseId),
      enrolClass: enrolClass({ ctx, input: { courseId, classId } }),
      withdrawClass: withdrawClass({ ctx, input: { courseId, classId } }),
      createClassThere: createClass({ ctx, input: { name: "新", courseId } }),
      getClass: getClass(ctx, classId),
      renameClass: renameClass({ ctx, input: { classId, name: "改" } }),
      archiveClass: archiveClass({ ctx, input: { classId } }),
      restoreClass: restoreClass({ ctx, input: { classId } }),
      listRoster: listRoster({ ctx, input: { classId } }),
      showClass: showClass({ ctx, input: { classId } }),
      addStudent: addStudent({ ctx, input: { classId, number: "z1", name: "某某" } }),
      removeStudent: removeStudent({ ctx, input: { classId, userId } }),
      restoreStudent: restoreStudent({ ctx, input: { classId, userId } }),
      previewRoster: previewRoster({ ctx, input: { classId, text: "学号,姓名\n1234,某某" } }),
      importRoster: importRoster({
        ctx,
        input: { classId, rows: [{ line: 1, number: "z2", name: "某某" }] },
      }),
    };
  };
  const outcomes = async (actor: World["teacher"]) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(everything(actor)).map(async ([name, work]) => [name, await outcome(work)] as const),
      ),
    );

  test("a teacher of another course finds nothing of it", async () => {
    const found = await outcomes(world.otherTeacher);
    for (const [name, result] of Object.entries(found))
      expect(result, name).toMatch(/^notFound\.(course|class)$/);
    const ctx = as(world.otherTeacher, db);
    expect((await listCourses({ ctx, input: {} })).rows).toEqual([]);
    expect((await listClasses({ ctx, input: {} })).rows).toEqual([]);
  });

  test("a class of another teacher cannot be enrolled in a course of one's own", async () => {
    const ctx = as(world.otherTeacher, db);
    const { courseId } = await createCourse({ ctx, input: { name: "自己的课" } });
    expect(await outcome(enrolClass({ ctx, input: { courseId, classId: world.classId } }))).toBe(
      "notFound.class",
    );
    expect(await enrollableClasses(ctx, courseId)).toEqual([]);
  });

  test("who assists a class does not come to change it by taking it into a course of their own", async () => {
    const { teacher, otherTeacher, courseId: assisted, classId } = await createWorld(db);
    const [{ username: person = "" } = {}] = await db
      .select()
      .from(users)
      .where(eq(users.id, otherTeacher.id));
    await addMember({
      ctx: as(teacher, db),
      input: { courseId: assisted, person, role: "assistant" },
    });
    const ctx = as(otherTeacher, db);
    const { courseId } = await createCourse({ ctx, input: { name: "自己的课" } });
    expect(await outcome(getClass(ctx, classId))).toBe("done");
    expect(await enrollableClasses(ctx, courseId)).toEqual([]);
    expect(await outcome(enrolClass({ ctx, input: { courseId, classId } }))).toBe("forbidden");
    expect(await outcome(renameClass({ ctx, input: { classId, name: "改" } }))).toBe("forbidden");
  });

  test("students find nothing, also of the class they are in", async () => {
    for (const student of [world.students[0], world.stranger]) {
      if (!student) throw new Error("no student");
      const found = await outcomes(student);
      for (const [name, result] of Object.entries(found))
        expect(result, name).toMatch(name === "createClassThere" ? /^forbidden$/ : /^notFound\./);
    }
  });

  test("an assistant reads and changes nothing", async () => {
    const found = await outcomes(world.assistant);
    const reads = ["getCourse", "listMembers", "listCourseClasses", "getClass", "listRoster", "showClass"];
    for (const [name, result] of Object.entries(found)) {
      expect(result, name).toBe(reads.includes(name) ? "done" : "forbidden");
    }
  });

  test("lists take the actor", async () => {
    for (const actor of [world.teacher, world.assistant, world.admin]) {
      const ctx = as(actor, db);
      const all = (await listCourses({ ctx, input: { limit: 100 } })).rows;
      expect(all.find((row) => row.id === world.courseId)).toMatchObject({
        experiments: 1,
        published: 1,
        students: 2,
      });
      const classRows = (await listClasses({ ctx, input: { limit: 100 } })).rows;
      expect(classRows.find((row) => row.id === world.classId)).toMatchObject({
        students: 2,
        courses: ["数据科学导论"],
      });
    }
  });
});

describe("members and archive", () => {
  test("a course keeps a teacher, and only teachers become one", async () => {
    const ctx = as(world.teacher, db);
    const { courseId } = await createCourse({ ctx, input: { name: "成员" } });
    const usernameOf = async (id: string) =>
      (await db.select().from(users).where(eq(users.id, id)))[0]?.username ?? "";
    const add = async (id: string, role: "teacher" | "assistant" | "student") =>
      addMember({ ctx, input: { courseId, person: await usernameOf(id), role } });
    expect(await outcome(removeMember({ ctx, input: { courseId, userId: world.teacher.id } }))).toBe(
      "lastTeacher",
    );
    expect(await outcome(add(world.stranger.id, "teacher"))).toBe("invalid");
    expect(await outcome(add(world.stranger.id, "assistant"))).toBe("done");
    expect(await outcome(add(world.otherTeacher.id, "teacher"))).toBe("done");
    expect(await outcome(add(world.teacher.id, "assistant"))).toBe("done");
    expect(await outcome(editCourse({ ctx, input: { courseId, name: "改" } }))).toBe("forbidden");
    expect(
      await outcome(
        addMember({
          ctx: as(world.otherTeacher, db),
          input: { courseId, person: "nobody-here", role: "student" },
        }),
      ),
    ).toBe("invalid");
  });

  test("an archived course is read and restored, not changed; an archived class likewise", async () => {
    const ctx = as(world.teacher, db);
    const { courseId } = await createCourse({ ctx, input: { name: "旧课", term: "2025 秋" } });
    const { classId } = await createClass({ ctx, input: { name: "旧班", courseId } });
    await archiveCourse({ ctx, input: { courseId } });
    await archiveClass({ ctx, input: { classId } });
    expect(await outcome(editCourse({ ctx, input: { courseId, name: "x" } }))).toBe("courseArchived");
    expect(await outcome(renameClass({ ctx, input: { classId, name: "x" } }))).toBe("classArchived");
    expect((await listCourses({ ctx, input: { archived: true, search: "旧课" } })).rows).toHaveLength(1);
    await restoreCourse({ ctx, input: { courseId } });
    await restoreClass({ ctx, input: { classId } });
    expect(await outcome(renameClass({ ctx, input: { classId, name: "x" } }))).toBe("done");
    const actions = await db
      .select({ action: auditLog.action })
      .from(auditLog)
      .where(and(eq(auditLog.targetId, courseId), eq(auditLog.actor, `user:${world.teacher.id}`)));
    expect(actions.map((row) => row.action).sort()).toEqual([
      "course.archive",
      "course.create",
      "course.restore",
    ]);
  });

  test("search takes % and _ as themselves", async () => {
    const ctx = as(world.teacher, db);
    await createCourse({ ctx, input: { name: "100%_课" } });
    expect((await listCourses({ ctx, input: { search: "%_" } })).rows.map((row) => row.name)).toEqual([
      "100%_课",
    ]);
    expect((await db.select().from(enrolments)).length).toBeGreaterThan(0);
  });
});
