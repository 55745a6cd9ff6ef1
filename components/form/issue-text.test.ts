import { expect, test } from "vitest";
import { z } from "zod";
import { issueText } from "./issue-text";

const first = (schema: z.ZodType, value: unknown) => {
  const result = schema.safeParse(value, { error: (issue) => JSON.stringify(issueText(issue)) });
  return result.success ? null : JSON.parse(result.error.issues[0]?.message ?? "null");
};

test.each([
  [z.string().min(1), "", { key: "required" }],
  [z.string().min(8), "abc", { key: "tooShort", params: { minimum: 8 } }],
  [z.string().max(2), "abc", { key: "tooLong", params: { maximum: 2 } }],
  [z.number().min(1), 0, { key: "tooSmall", params: { minimum: 1 } }],
  [z.number(), Number.NaN, { key: "required" }],
  [z.number(), "x", { key: "notNumber" }],
  [z.number().int(), 1.5, { key: "notInteger" }],
  [z.email(), "nobody", { key: "notEmail" }],
  [z.array(z.string()).min(1), [], { key: "tooFew", params: { minimum: 1 } }],
  [z.enum(["a", "b"]), "", { key: "required" }],
  [z.iso.datetime(), "soon", { key: "notDate" }],
])("%# names what repairs it", (schema, value, text) => {
  expect(first(schema, value)).toEqual(text);
});
