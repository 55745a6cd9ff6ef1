import { expect, test } from "vitest";
import { type Actor, nobody } from "@/lib/platform/context";
import { defaultRoles, type Role } from "@/lib/platform/permissions";
import { can, type ExperimentThing } from "./policy";

const person = (role: Role): Actor => ({
  type: "user",
  id: "me",
  name: "某人",
  roles: [role],
  permissions: new Set(defaultRoles[role]),
  sessionId: "s",
});

test.each<[string, Actor, ExperimentThing["role"], [watch: boolean, edit: boolean, editArchived: boolean]]>([
  ["nobody", nobody, null, [false, false, false]],
  ["a student of the course", person("student"), "student", [false, false, false]],
  ["a teacher of another course", person("teacher"), null, [false, false, false]],
  ["an assistant", person("assistant"), "assistant", [true, false, false]],
  ["a student who assists", person("student"), "assistant", [true, false, false]],
  ["a teacher of the course", person("teacher"), "teacher", [true, true, false]],
  ["an administrator", person("admin"), null, [true, true, false]],
])("%s", (_name, actor, role, [watch, edit, editArchived]) => {
  const thing = { role, archived: false, courseArchived: false };
  expect(can(actor, "watch", thing)).toBe(watch);
  expect(can(actor, "edit", thing)).toBe(edit);
  expect(can(actor, "edit", { ...thing, archived: true })).toBe(editArchived);
  expect(can(actor, "edit", { ...thing, courseArchived: true })).toBe(editArchived);
});
