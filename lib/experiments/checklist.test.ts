import { expect, test } from "vitest";
import { type ChecklistFacts, checklistOf } from "./checklist";

const now = new Date("2026-09-10T00:00:00Z");
const complete: ChecklistFacts = {
  description: "# 实验",
  window: { opensAt: null, closesAt: null },
  template: { archived: false },
  assignments: 1,
  students: 3,
  someoneCanStart: true,
};
const missing = (facts: Partial<ChecklistFacts>) =>
  checklistOf({ ...complete, ...facts }, now)
    .filter((item) => !item.done)
    .map((item) => `${item.key}${item.blocking ? "!" : ""}`);

test.each<[string, Partial<ChecklistFacts>, string[]]>([
  ["complete", {}, []],
  ["no text is advice only", { description: "  " }, ["description"]],
  ["no template", { template: null }, ["template!"]],
  ["archived template", { template: { archived: true } }, ["templateArchived!"]],
  ["for nobody", { assignments: 0, students: 0 }, ["assignment!"]],
  ["an empty class", { students: 0 }, ["students"]],
  ["all windows are over", { someoneCanStart: false }, ["window!"]],
  [
    "the window is over, before anyone is assigned",
    { assignments: 0, window: { opensAt: null, closesAt: new Date("2026-09-01T00:00:00Z") } },
    ["assignment!", "window!"],
  ],
])("%s", (_name, facts, expected) => {
  expect(missing(facts)).toEqual(expected);
});
