import { describe, expect, it } from "vitest";
import { type Actor, nobody } from "@/lib/platform/context";
import type { Permission } from "@/lib/platform/permissions";
import { can, type StaffRole, type WorkspaceAction } from "./policy";

const person = (id: string, ...permissions: Permission[]): Actor => ({
  type: "user",
  id,
  name: id,
  roles: [],
  permissions: new Set(permissions),
  sessionId: "s",
});

const owner = person("owner", "attempt.own");
const classmate = person("classmate", "attempt.own");
const admin = person("admin", "workspace.any");

describe("who may do what to a workspace", () => {
  it.each<[string, Actor, StaffRole, WorkspaceAction, boolean]>([
    ["its owner works in it", owner, null, "use", true],
    ["its owner stops it", owner, null, "stop", true],
    ["its owner reads its log", owner, null, "logs", true],
    ["a classmate sees nothing", classmate, null, "see", false],
    ["a classmate stops nothing", classmate, null, "stop", false],
    ["a teacher of the course stops it", person("t"), "teacher", "stop", true],
    ["an assistant of the course sees it", person("a"), "assistant", "see", true],
    ["a teacher does not work in it", person("t"), "teacher", "use", false],
    ["a teacher of another course sees nothing", person("t", "course.create"), null, "see", false],
    ["an administrator stops it", admin, null, "stop", true],
    ["an administrator pauses it", admin, null, "pause", true],
    ["its owner restarts a kernel", owner, null, "kernels", true],
    ["an assistant restarts a kernel", person("a"), "assistant", "kernels", true],
    ["an administrator of machines does not see its notebooks", admin, null, "kernels", false],
    ["a teacher watches its owner", person("t"), "teacher", "watch", true],
    ["an assistant watches its owner", person("a"), "assistant", "watch", true],
    ["nobody watches themselves", owner, "teacher", "watch", false],
    ["its owner alone watches nobody", owner, null, "watch", false],
    ["an administrator of machines does not watch", admin, null, "watch", false],
    ["a teacher of another course does not watch", person("t", "course.create"), null, "watch", false],
    ["its owner replays what was recorded", owner, null, "replay", true],
    ["an assistant replays it", person("a"), "assistant", "replay", true],
    ["a classmate does not replay it", classmate, null, "replay", false],
    ["an administrator of machines does not replay it", admin, null, "replay", false],
    ["an administrator does not work in it", admin, null, "use", false],
    ["somebody not signed in sees nothing", nobody, null, "see", false],
    ["a suspended owner, who carries no permission, sees nothing", person("owner"), null, "use", false],
  ])("%s", (_sentence, actor, staff, action, expected) => {
    expect(can(actor, action, { userId: "owner", staff })).toBe(expected);
  });
});
