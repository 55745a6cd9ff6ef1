import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { actions } from "./api/calls";
import { ramPolicy } from "./ram-policy";

test("the policy grants every call that is made, and the guide shows this one", () => {
  const policy = ramPolicy("labyard", ["cn-hangzhou"]);
  const granted = policy.Statement.flatMap(({ Action }) => Action);
  for (const action of actions) expect(granted).toContain(`ecs:${action}`);
  const [, shown = ""] = /```json\n([\s\S]*?)```/.exec(readFileSync("docs/clouds.md", "utf8")) ?? [];
  expect(JSON.parse(shown)).toEqual(policy);
});

test("what is made or changed has to carry our tag", () => {
  const [, make, change] = ramPolicy("lab-1", ["cn-hangzhou", "cn-beijing"]).Statement;
  expect(make?.Condition).toEqual({ StringEquals: { "acs:RequestTag/lab:deploy": "lab-1" } });
  expect(change?.Condition).toEqual({ StringEquals: { "acs:ResourceTag/lab:deploy": "lab-1" } });
  expect(change?.Resource).toEqual(["acs:ecs:cn-hangzhou:*:*", "acs:ecs:cn-beijing:*:*"]);
});
