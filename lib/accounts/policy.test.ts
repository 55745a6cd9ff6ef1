import { expect, test } from "vitest";
import type { Actor } from "@/lib/platform/context";
import { defaultRoles, type Role } from "@/lib/platform/permissions";
import { type AccountAction, type AccountThing, can } from "./policy";

const actor = (role: Role): Actor => ({
  type: "user",
  id: "me",
  name: role,
  roles: [role],
  permissions: new Set(defaultRoles[role]),
  sessionId: "s",
});
const nobody: Actor = { type: "nobody", permissions: new Set() };

const me: AccountThing = { id: "me", roles: ["student"] };
const student: AccountThing = { id: "other", roles: ["student"] };
const admin: AccountThing = { id: "other", roles: ["admin"] };
const promoted: AccountThing = { id: "other", roles: ["teacher"], newRoles: ["teacher", "admin"] };

// nobody, student, assistant, teacher, admin, superadmin: y where it is allowed
const table: [AccountAction, AccountThing, string][] = [
  ["list", {}, "....yy"],
  ["view", me, ".yyyyy"],
  ["view", student, "....yy"],
  ["import", {}, "...yyy"],
  ["create", { newRoles: ["teacher"] }, "....yy"],
  ["create", { newRoles: ["admin"] }, ".....y"],
  ["edit", student, "....yy"],
  ["edit", admin, ".....y"],
  ["edit", me, "....yy"],
  ["setRoles", student, "....yy"],
  ["setRoles", promoted, ".....y"],
  ["setRoles", admin, ".....y"],
  ["suspend", student, "....yy"],
  ["suspend", admin, ".....y"],
  ["suspend", me, "......"],
  ["resetPassword", student, "....yy"],
  ["resetPassword", admin, ".....y"],
  ["resetPassword", me, "......"],
  ["endSession", me, ".yyyyy"],
  ["endSession", student, "......"],
  ["changePassword", me, ".yyyyy"],
  ["changePassword", student, "......"],
];

test.each(table)("%s %o: %s", (action, thing, expected) => {
  const actors = [
    nobody,
    ...(["student", "assistant", "teacher", "admin", "superadmin"] as const).map(actor),
  ];
  expect(actors.map((each) => (can(each, action, thing) ? "y" : ".")).join("")).toBe(expected);
});
