import { expect, it } from "vitest";
import { taskFields } from "./schema";

const rules = taskFields.shape.collectRules;
const of = (include: string, exclude = "", maxFileMb: unknown = "") => ({ include, exclude, maxFileMb });

it("reads one pattern a line, and nothing said as no rules", () => {
  expect(rules.parse(of("*.ipynb\n\n  report/ \n", "node_modules", "20"))).toEqual({
    include: ["*.ipynb", "report/"],
    exclude: ["node_modules"],
    maxFileMb: 20,
  });
  expect(rules.parse(of(" \n", "", null))).toBeNull();
  expect([rules.parse(null), rules.parse(undefined)]).toEqual([null, undefined]);
});

it.each([
  ["a way up", of("../x")],
  ["a way up inside", of("a/../b")],
  ["nothing but slashes", of("//")],
  ["a character that nobody sees", of("a\u202eb")],
  ["a long line", of("x".repeat(201))],
  ["too many lines", of(Array.from({ length: 51 }, (_, i) => `f${i}`).join("\n"))],
  ["a size below one", of("", "", 0)],
  ["a size above the platform's", of("", "", 501)],
])("refuses %s", (_, value) => expect(rules.safeParse(value).success).toBe(false));
