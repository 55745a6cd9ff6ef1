import { describe, expect, test } from "vitest";
import { type Actor, nobody } from "@/lib/platform/context";
import { defaultRoles, type Role } from "@/lib/platform/permissions";
import { type CourseRole, canClass, canCourse } from "./policy";

const me = "me";
const person = (role: Role): Actor => ({
  type: "user",
  id: me,
  name: "某人",
  roles: [role],
  permissions: new Set(defaultRoles[role]),
  sessionId: "s",
});
const job: Actor = { type: "system", job: "test", permissions: new Set() };

describe("courses", () => {
  const course = (role: CourseRole | null, archived = false) => ({ role, archived });
  test.each<[string, Actor, CourseRole | null, [view: boolean, watch: boolean, edit: boolean]]>([
    ["nobody", nobody, null, [false, false, false]],
    ["a student of it", person("student"), "student", [false, false, false]],
    ["a teacher of another course", person("teacher"), null, [false, false, false]],
    ["a teacher who is its student", person("teacher"), "student", [false, false, false]],
    ["its assistant", person("assistant"), "assistant", [true, true, false]],
    ["its teacher", person("teacher"), "teacher", [true, true, true]],
    ["an administrator", person("admin"), null, [true, true, true]],
    ["a job", job, null, [true, true, true]],
  ])("%s", (_name, actor, role, [view, watch, edit]) => {
    expect(canCourse(actor, "view", course(role))).toBe(view);
    expect(canCourse(actor, "watch", course(role))).toBe(watch);
    expect(canCourse(actor, "edit", course(role))).toBe(edit);
  });

  test("an archived course is only read, and restored", () => {
    expect(canCourse(person("teacher"), "edit", course("teacher", true))).toBe(false);
    expect(canCourse(person("teacher"), "restore", course("teacher", true))).toBe(true);
    expect(canCourse(person("assistant"), "restore", course("assistant", true))).toBe(false);
  });
});

describe("classes", () => {
  test.each<[string, Actor, string, CourseRole | null, [view: boolean, edit: boolean, archive: boolean]]>([
    ["nobody", nobody, "x", null, [false, false, false]],
    ["a student in it", person("student"), "x", "student", [false, false, false]],
    ["another teacher", person("teacher"), "x", null, [false, false, false]],
    ["an assistant of its course", person("assistant"), "x", "assistant", [true, false, false]],
    ["a teacher of its course", person("teacher"), "x", "teacher", [true, true, false]],
    ["who made it", person("teacher"), me, null, [true, true, true]],
    ["an administrator", person("admin"), "x", null, [true, true, true]],
  ])("%s", (_name, actor, createdBy, role, [view, edit, archive]) => {
    const thing = { createdBy, role, archived: false };
    expect(canClass(actor, "view", thing)).toBe(view);
    expect(canClass(actor, "edit", thing)).toBe(edit);
    expect(canClass(actor, "archive", thing)).toBe(archive);
  });
});
