import { z } from "zod";

const id = z.string().length(26);
const courseId = id;
const day = z.iso.date();

/** Amounts in yuan, as people type them; kept in micro-yuan. */
export const budgetFields = z.object({
  amount: z.number("costs.amount").min(0, "costs.amount").max(10_000_000, "costs.amount"),
  warnPercent: z
    .number("costs.percent")
    .int("costs.percent")
    .min(1, "costs.percent")
    .max(100, "costs.percent"),
});
export const setBudgetInput = budgetFields.extend({ courseId });
export const removeBudgetInput = z.object({ courseId });

export const allowFields = z.object({
  hours: z.number("costs.hours").int("costs.hours").min(1, "costs.hours").max(72, "costs.hours"),
  reason: z.string().trim().min(1, "costs.reason").max(200, "costs.reasonLong"),
});
export const allowInput = allowFields.extend({ courseId });
export const endAllowInput = z.object({ courseId });

/** First and last day, in the zone of the installation; of which course (none: of everything), class or student. */
export const scopeInput = z.object({
  courseId: courseId.optional(),
  /** `none`: what was given to students alone. */
  classId: z.union([id, z.literal("none")]).optional(),
  userId: id.optional(),
  from: day.optional(),
  until: day.optional(),
});

/** In place of an id, in what is grouped: what was booted for whoever comes, until somebody took it. */
export const poolKey = "warm";

export const spendingGroups = ["course", "class", "student", "template", "attempt"] as const;
export const spendingInput = scopeInput.extend({
  by: z.enum(spendingGroups),
  cursor: z.string().max(300).optional(),
  limit: z.number().int().min(1).max(200).default(50),
});
