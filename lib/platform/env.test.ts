import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { settingNames } from "./env";

it(".env.example names every setting that the service reads", () => {
  const example = readFileSync(".env.example", "utf8");
  const named = new Set([...example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]));
  expect(settingNames.filter((name) => !named.has(name))).toEqual([]);
});
