import * as sdk from "@alicloud/ecs20140526";

/** The SDK's models tell at run time which fields a request or an answer has, and of which kind. */
export interface Model {
  names(): Record<string, string>;
  types(): Record<string, unknown>;
}

const models = sdk as unknown as Record<string, Model | undefined>;

export const requestOf = (action: string): Model | undefined => models[`${action}Request`];
export const answerOf = (action: string): Model | undefined => models[`${action}ResponseBody`];

/** The kinds of a model's fields, by the name on the wire. */
export function fieldsOf(model: Model): Map<string, unknown> {
  const known = fields.get(model);
  if (known) return known;
  const types = model.types();
  const made = new Map(Object.entries(model.names()).map(([name, wire]) => [wire, types[name]]));
  fields.set(model, made);
  return made;
}

const fields = new WeakMap<Model, Map<string, unknown>>();

export const isModel = (kind: unknown): kind is Model => typeof kind === "function";

/** What a list holds, for the kind of a list. */
export function itemOf(kind: unknown): unknown {
  if (typeof kind !== "object" || kind === null || !("type" in kind) || kind.type !== "array")
    return undefined;
  return "itemType" in kind ? kind.itemType : undefined;
}
