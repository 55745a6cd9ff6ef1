import { answerOf, fieldsOf, isModel, itemOf, type Model } from "./sdk";

export type Answer = Record<string, unknown>;

/** Ends the run when an answer has a field that the SDK would not read: the emulator would be wrong there. */
export function checkAnswer(action: string, answer: Answer): void {
  const model = answerOf(action);
  if (!model) throw new Error(`the SDK has no answer of ${action}`);
  walk(model, answer, action);
}

function walk(model: Model, value: unknown, path: string): void {
  if (typeof value !== "object" || value === null) throw new Error(`${path} is no group`);
  const fields = fieldsOf(model);
  for (const [name, one] of Object.entries(value)) {
    if (one === undefined) continue;
    if (!fields.has(name)) throw new Error(`the SDK knows no ${path}.${name}`);
    check(fields.get(name), one, `${path}.${name}`);
  }
}

function check(kind: unknown, value: unknown, path: string): void {
  const item = itemOf(kind);
  if (item !== undefined) {
    if (!Array.isArray(value)) throw new Error(`${path} is no list`);
    for (const one of value) check(item, one, path);
  } else if (isModel(kind)) walk(kind, value, path);
  else if (typeof kind === "string" && typeof value !== kind) throw new Error(`${path} is no ${kind}`);
}
