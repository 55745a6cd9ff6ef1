import { expect, test } from "vitest";
import { fixedClock } from "@/lib/platform/clock";
import type { Ctx } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import type { Permission } from "@/lib/platform/permissions";
import { authorizeTopics } from "./authorize-topics";

const me = newId();
const [own, foreign] = [newId(), newId()];
const checkers = {
  experiment: async (_ctx: Ctx, id: string) => id === own,
  workspace: async (_ctx: Ctx, id: string) => id === own,
  template: async (_ctx: Ctx, id: string) => id === own,
};

const ctxOf = (permissions: Permission[] | null) =>
  ({
    actor: permissions
      ? { type: "user", id: me, name: "", roles: [], permissions: new Set(permissions), sessionId: "s" }
      : { type: "nobody", permissions: new Set() },
    clock: fixedClock("2026-01-01T00:00:00Z"),
  }) as unknown as Ctx;

const ask = (input: string, permissions: Permission[] | null = []) =>
  authorizeTopics({ ctx: ctxOf(permissions), input, checkers }).then(
    (topics) => [...topics],
    (error) => error.code,
  );

test("one's own topics and those one may see", async () => {
  expect(await ask(`user:me,experiment:${own},workspace:${own}`)).toEqual([
    [`user:${me}`, "user:me"],
    [`experiment:${own}`, `experiment:${own}`],
    [`workspace:${own}`, `workspace:${own}`],
  ]);
});

test("what is refused is left out", async () => {
  const asked = `user:me,workspace:${foreign},experiment:${foreign},admin,workspace:${own}`;
  expect(await ask(asked)).toEqual([
    [`user:${me}`, "user:me"],
    [`workspace:${own}`, `workspace:${own}`],
  ]);
});

test.each([
  ["user:me", null, "unauthenticated"],
  [`user:${foreign}`, [], "invalid"],
  [`experiment:${foreign}`, [], "forbidden"],
  [`workspace:${foreign}`, [], "forbidden"],
  ["admin", [], "forbidden"],
  ["", [], "invalid"],
  ["workspace:x' or 1=1", [], "invalid"],
  [Array.from({ length: 61 }, () => `workspace:${newId()}`).join(","), [], "invalid"],
] satisfies [string, Permission[] | null, string][])("%s as %j is %s", async (topics, permissions, code) => {
  expect(await ask(topics, permissions)).toBe(code);
});

test.each(["workspace.any", "job.view"] as const)("%s may listen to admin", async (permission) => {
  expect(await ask("admin", [permission])).toEqual([["admin", "admin"]]);
});
