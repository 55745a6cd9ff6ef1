import { eq } from "drizzle-orm";
import { readXlsx } from "hucre/xlsx";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, charges, users, workspaces } from "@/db/schema";
import { as, createWorld, type World } from "@/e2e/world";
import { fixedClock } from "@/lib/platform/clock";
import { systemCtx, type UserActor } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { budgetState, costsOfAttempts, exportCosts, nameOfScope } from ".";
import { dailySpending, listSpending, type SpendingRow, totalSpending } from "./report";
import { setBudget } from "./set-budget";

const db = database();
const clock = fixedClock("2026-09-12T04:00:00Z"); // noon in Shanghai
const ctx = systemCtx("test", { db, clock });
const yuan = 1_000_000;
let world: World;
let attemptIds: string[] = [];

/** Noon of the 10th there, and as many hours later. */
const at = (hours: number) => new Date(Date.parse("2026-09-10T04:00:00Z") + hours * 3_600_000);

beforeAll(async () => {
  world = await createWorld(db, { students: 3 });
  const [first, second, third] = world.students as [UserActor, UserActor, UserActor];
  await db.update(users).set({ name: '=HYPERLINK("http://x")', number: "007" }).where(eq(users.id, first.id));
  attemptIds = [];
  for (const [index, owner] of [first, second].entries()) {
    const [attemptId, workspaceId] = [ctx.newId(), ctx.newId()];
    attemptIds.push(attemptId);
    const shared = { userId: owner.id, templateVersionId: world.versionId };
    await db.insert(attempts).values({
      ...{ ...shared, id: attemptId, taskId: world.taskId, number: 1, state: "ended" as const },
      createdAt: at(0),
    });
    await db.insert(workspaces).values({
      ...{
        ...shared,
        id: workspaceId,
        attemptId,
        purpose: "attempt" as const,
        label: workspaceId.toLowerCase(),
      },
      ...{
        desired: "stopped" as const,
        state: "stopped" as const,
        memoryMb: 1,
        requestedAt: at(0),
        stateAt: at(0),
      },
    });
    const who = {
      workspaceId,
      attemptId,
      userId: owner.id,
      classId: world.classId,
      courseId: world.courseId,
    };
    // The second runs over midnight, and still.
    await charge({ ...who, fromAt: at(0), untilAt: at(2), amount: 2 * yuan });
    if (index === 1) await charge({ ...who, fromAt: at(10), untilAt: null, amount: null });
  }
  await charge({
    ...{ userId: third.id, courseId: world.courseId, kind: "disk" },
    ...{ fromAt: at(1), untilAt: at(1.5), amount: yuan / 2 },
  });
});
afterAll(closeDatabase);

const charge = (row: Partial<typeof charges.$inferInsert> & { fromAt: Date }) =>
  db
    .insert(charges)
    .values({ id: ctx.newId(), resourceId: ctx.newId(), kind: "compute", price: yuan, ...row });
const teacher = () => as(world.teacher, db, { clock });
const spending = (by: "class" | "student" | "attempt" | "template", more: object = {}) =>
  listSpending({ ctx: teacher(), input: { courseId: world.courseId, by, ...more } });
const told = ({ rows }: { rows: SpendingRow[] }) =>
  rows.map((row) => [row.name, row.amount / yuan, row.open]);

describe("what was spent", () => {
  test("by student, attempt, class and template, the most first, open ones until now", async () => {
    const [first, second, third] = world.students;
    expect(told(await spending("student"))).toEqual([
      [second?.name, 2 + 38, 1],
      ['=HYPERLINK("http://x")', 2, 0],
      [third?.name, 0.5, 0],
    ]);
    expect(first).toBeDefined();
    const tries = await spending("attempt");
    expect(tries.rows.find(({ id }) => id === null)).toMatchObject({
      name: null,
      number: null,
      attempt: null,
    });
    expect(tries.rows[0]).toMatchObject({
      id: attemptIds[1],
      experiment: "第一次实验",
      attempt: 1,
      hours: 40,
    });
    expect((await spending("class")).rows.map((row) => [row.id, row.amount / yuan])).toEqual([
      [world.classId, 42],
      [null, 0.5],
    ]);
    expect((await spending("template")).rows.map((row) => [row.id, row.amount / yuan])).toEqual([
      [world.templateId, 42],
      [null, 0.5],
    ]);
  });

  test("page by page", async () => {
    const one = await spending("student", { limit: 1 });
    const two = await spending("student", { limit: 1, cursor: one.next });
    const three = await spending("student", { limit: 1, cursor: two.next });
    expect([one, two, three].flatMap(told).map(([, amount]) => amount)).toEqual([40, 2, 0.5]);
    expect(three.next).toBeNull();
  });

  test("of some days only, cut at their midnights", async () => {
    const days = { from: "2026-09-11", until: "2026-09-11" };
    expect(told(await spending("student", days)).map(([, amount]) => amount)).toEqual([24]);
    expect(await totalSpending({ ctx: teacher(), input: { courseId: world.courseId, ...days } })).toBe(
      24 * yuan,
    );
    expect(told(await spending("student", { from: "2026-08-01", until: "2026-08-31" }))).toEqual([]);
  });

  test("day by day, by class; the days add up", async () => {
    const input = { courseId: world.courseId, from: "2026-09-09", until: "2026-09-12" };
    const { period, series } = await dailySpending({ ctx: teacher(), input });
    expect(period.days).toEqual(["2026-09-09", "2026-09-10", "2026-09-11", "2026-09-12"]);
    expect(series.map(({ key, days }) => [key, days.map((amount) => amount / yuan)])).toEqual([
      [world.classId, [0, 4 + 2, 24, 12]],
      [null, [0, 0.5, 0, 0]],
    ]);
  });

  test("narrowed to a class or a student, by name", async () => {
    const [first] = world.students;
    const only = { classId: world.classId, userId: first?.id ?? "" };
    expect(told(await spending("attempt", only)).map(([, amount]) => amount)).toEqual([2]);
    const names = await nameOfScope({ ctx: teacher(), input: { courseId: world.courseId, ...only } });
    expect(names.student).toContain("HYPERLINK");
    expect(told(await spending("student", { classId: "none" })).map(([, amount]) => amount)).toEqual([0.5]);
    const { experimentId } = world;
    const of = (who: UserActor) =>
      costsOfAttempts({ ctx: as(who, db, { clock }), input: { experimentId, attemptIds } });
    expect(await of(world.teacher)).toEqual({
      [attemptIds[0] ?? ""]: 2 * yuan,
      [attemptIds[1] ?? ""]: 40 * yuan,
    });
    expect(await of(world.assistant)).toEqual({});
  });
});

test("over everything, what belongs to no course too; for administrators", async () => {
  await charge({ fromAt: at(0), untilAt: at(1), amount: yuan });
  const { rows } = await listSpending({
    ctx: as(world.admin, db, { clock }),
    input: { by: "course", limit: 200 },
  });
  expect(rows.find(({ id }) => id === world.courseId)?.amount).toBe(42.5 * yuan);
  expect(rows.some(({ id }) => id === null)).toBe(true);
  const { series } = await dailySpending({ ctx: as(world.admin, db, { clock }), input: {} });
  const own = series.find(({ key }) => key === world.courseId)?.days.reduce((sum, one) => sum + one, 0);
  expect(own).toBe(42.5 * yuan);
});

test("how a course stands", async () => {
  const look = () => budgetState({ ctx: teacher(), input: { courseId: world.courseId } });
  expect(await look()).toEqual({ spent: 42.5 * yuan, committed: 0, budget: null });
  for (const [amount, state] of [
    [100, "ok"],
    [50, "warn"],
    [42, "full"],
  ] as const) {
    const input = { courseId: world.courseId, amount, warnPercent: 80 };
    await setBudget({ ctx: as(world.admin, db, { clock }), input });
    expect((await look()).budget?.state).toBe(state);
  }
});

test("students, assistants and teachers of other courses see none of it", async () => {
  const [student] = world.students;
  const input = { courseId: world.courseId };
  for (const who of [student, world.assistant, world.otherTeacher, world.stranger]) {
    if (!who) throw new Error("nobody");
    const theirs = as(who, db, { clock });
    const looks = [
      listSpending({ ctx: theirs, input: { ...input, by: "class" } }),
      listSpending({ ctx: theirs, input: { by: "course" } }),
      totalSpending({ ctx: theirs, input }),
      dailySpending({ ctx: theirs, input }),
      budgetState({ ctx: theirs, input }),
      exportCosts({ ctx: theirs, input: { ...input, format: "csv" }, words: (key) => key }),
      exportCosts({ ctx: theirs, input: { format: "csv" }, words: (key) => key }),
    ];
    for (const look of await Promise.allSettled(looks)) {
      expect(look.status).toBe("rejected");
      const code = look.status === "rejected" ? toAppError(look.reason).code : "";
      expect(["not_found", "forbidden"]).toContain(code);
    }
  }
});

test("as files: no cell is a formula, numbers are numbers, leading zeros stay", async () => {
  const file = async (format: string) => {
    const input = { courseId: world.courseId, format };
    const { content } = await exportCosts({ ctx: teacher(), input, words: (key) => key });
    const parts: Buffer[] = [];
    for await (const part of content) parts.push(Buffer.from(part));
    return Buffer.concat(parts);
  };
  const csv = (await file("csv")).toString();
  expect(csv.startsWith("\uFEFFexport.course,")).toBe(true);
  expect(csv).toContain(`,007,"'=HYPERLINK(""http://x"")",第一次实验,1,2,2\r\n`);
  const bytes = await file("xlsx");
  const { sheets } = await readXlsx(bytes);
  const rows = sheets[0]?.rows ?? [];
  expect(rows[2]?.slice(2)).toEqual(["007", '=HYPERLINK("http://x")', "第一次实验", 1, 2, 2]);
  expect([...(sheets[0]?.cells?.values() ?? [])].some((cell) => cell.type === "formula")).toBe(false);
  const days = sheets[1]?.rows ?? [];
  expect(days[0]).toEqual(["export.day", expect.stringContaining("数据 2601"), "noClass", "export.total"]);
  expect(days.at(-2)).toEqual(["2026-09-11", 24, 0, 24]);
});
