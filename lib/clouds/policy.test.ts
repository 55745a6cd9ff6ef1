import { expect, test } from "vitest";
import { type Actor, nobody } from "@/lib/platform/context";
import { defaultRoles, type Role } from "@/lib/platform/permissions";
import { can } from "./policy";

const person = (role: Role): Actor => ({
  type: "user",
  id: "me",
  name: "某人",
  roles: [role],
  permissions: new Set(defaultRoles[role]),
  sessionId: "s",
});
const job: Actor = { type: "system", job: "test", permissions: new Set() };

test.each<[string, Actor, [manage: boolean, browse: boolean, freezeMine: boolean, freezeOthers: boolean]]>([
  ["nobody", nobody, [false, false, false, false]],
  ["a student", person("student"), [false, false, false, false]],
  ["an assistant", person("assistant"), [false, false, false, false]],
  ["a teacher", person("teacher"), [false, true, true, false]],
  ["an administrator", person("admin"), [true, true, true, true]],
  ["a superadministrator", person("superadmin"), [true, true, true, true]],
  ["a job", job, [true, true, true, true]],
])("%s", (_name, actor, [manage, browse, mine, others]) => {
  expect(can(actor, "manage")).toBe(manage);
  expect(can(actor, "browse")).toBe(browse);
  expect(can(actor, "freeze", { userId: "me" })).toBe(mine);
  expect(can(actor, "freeze", { userId: "another" })).toBe(others);
});
