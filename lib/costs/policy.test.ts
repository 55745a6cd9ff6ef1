import { expect, test } from "vitest";
import { type Actor, nobody } from "@/lib/platform/context";
import { defaultRoles, type Role } from "@/lib/platform/permissions";
import { type CostAction, can } from "./policy";

const person = (role: Role): Actor => ({
  type: "user",
  id: "me",
  name: "某人",
  roles: [role],
  permissions: new Set(defaultRoles[role]),
  sessionId: "s",
});

const actions: CostAction[] = ["see", "allow", "seeAll", "setBudget"];
test.each<[string, Actor, "teacher" | "assistant" | "student" | null, CostAction[]]>([
  ["nobody", nobody, null, []],
  ["a student of the course", person("student"), "student", []],
  ["a stranger", person("student"), null, []],
  ["its assistant", person("assistant"), "assistant", []],
  ["a teacher who assists here", person("teacher"), "assistant", []],
  ["a teacher of another course", person("teacher"), null, []],
  ["its teacher", person("teacher"), "teacher", ["see", "allow"]],
  ["an administrator", person("admin"), null, actions],
  ["a job", { type: "system", job: "test", permissions: new Set() }, null, actions],
])("%s", (_name, actor, role, expected) => {
  expect(actions.filter((action) => can(actor, action, role))).toEqual(expected);
});
