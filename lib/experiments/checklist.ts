import { phaseOf, type Window } from "./window";

export type CheckItem = {
  /** Names its sentence: `experiments.check.<key>`. */
  key: "template" | "templateArchived" | "assignment" | "students" | "window" | "description" | "budget";
  /** A blocking item must be done before publishing; the others are advice. */
  blocking: boolean;
  done: boolean;
};

export type ChecklistFacts = {
  description: string;
  window: Window;
  template: { archived: boolean } | null;
  assignments: number;
  students: number;
  /** The last close over all assignments is still to come (or there is none). */
  someoneCanStart: boolean;
};

/** What an experiment needs before students see it, in the order of the editor's tabs. */
export function checklistOf(facts: ChecklistFacts, now: Date): CheckItem[] {
  return [
    { key: "description", blocking: false, done: facts.description.trim() !== "" },
    { key: "template", blocking: true, done: facts.template !== null },
    { key: "templateArchived", blocking: true, done: !facts.template?.archived },
    { key: "assignment", blocking: true, done: facts.assignments > 0 },
    { key: "students", blocking: false, done: facts.assignments === 0 || facts.students > 0 },
    {
      key: "window",
      blocking: true,
      done: facts.assignments === 0 ? phaseOf(facts.window, now) !== "after" : facts.someoneCanStart,
    },
  ];
}
