import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoPeople } from "@/lib/accounts";
import { listClasses, listCourses, listRoster } from "@/lib/courses";
import { listExperiments } from "@/lib/experiments";
import { createCtx, systemCtx } from "@/lib/platform/context";
import { closeDatabase, database } from "./client";
import { settings, userRoles, users } from "./schema/accounts";
import { cloudAccounts } from "./schema/clouds";
import { hosts } from "./schema/workspaces";
import { seed } from "./seed";

const home = mkdtempSync(join(tmpdir(), "labyard-seed-"));

beforeAll(async () => {
  process.env.LABYARD_HOME = home;
  process.env.LOG_LEVEL = "fatal";
  // As beside the emulator of `./labyard up --with-ecs-emulator`.
  Object.assign(process.env, {
    ECS_EMULATOR_LISTEN: "127.0.0.1:9",
    ECS_EMULATOR_KEY: "LTAI-emulator",
    ECS_EMULATOR_SECRET: "emulator",
  });
  // As on a fresh installation, whatever other files of this run have left.
  await database().delete(users).where(eq(users.demo, true));
  await database()
    .delete(userRoles)
    .where(inArray(userRoles.role, ["admin", "superadmin"]));
  await database().delete(settings);
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await database().delete(hosts).where(eq(hosts.driver, "ecs"));
  await database().delete(cloudAccounts);
  await closeDatabase();
});

test("a first start tells the demo story, a second adds nothing", async () => {
  await seed({ ctx: systemCtx("seed") });
  await seed({ ctx: systemCtx("seed") });
  const people = await demoPeople({ ctx: systemCtx("test") });
  if (!people) throw new Error("demo accounts on loopback");
  expect(people.students.map(({ name }) => name)).toEqual(["张三", "李四", "王五"]);
  const ctx = createCtx(people.teacher);
  const courses = (await listCourses({ ctx, input: {} })).rows;
  expect(courses.map(({ name }) => name)).toEqual(["数据分析基础"]);
  const experiments = await listExperiments({ ctx, input: { courseId: courses[0]?.id ?? "" } });
  expect(experiments.rows).toMatchObject([
    { status: "published", assigned: 1, templateName: "云桌面" },
    { status: "published", assigned: 1, templateName: "Linux 桌面" },
    { status: "published", assigned: 1, templateName: "JupyterLab" },
    { status: "draft", assigned: 0, templateName: null },
  ]);
  const [row] = (await listClasses({ ctx, input: {} })).rows;
  expect(row?.name).toBe("数据 2601 班");
  const roster = await listRoster({ ctx, input: { classId: row?.id ?? "" } });
  expect(roster.rows.map(({ name }) => name)).toEqual(["张三", "李四", "王五"]);
});
