import { z } from "zod";

const id = z.string().length(26);
const moment = z.iso.datetime().nullable();

/** A plan that nobody remembers must not hold memory for ever. */
const longestMs = 400 * 86_400_000;

const fields = z.object({
  count: z.number("warm.count").int("warm.count").min(1, "warm.count").max(200, "warm.count"),
  /** The coming hour, from one time to another, or until somebody removes it. */
  when: z.enum(["hour", "window", "always"]),
  fromAt: moment,
  untilAt: moment,
  /** False: so many in all; true: as many are kept ready. `always` is always refilled. */
  refill: z.boolean(),
  /** Instances of a cloud wait switched on, and cost in full; else stopped. Means nothing for containers. */
  running: z.boolean(),
});

type Fields = z.infer<typeof fields>;
const faults: { path: keyof Fields; message: string; holds: (plan: Fields) => boolean }[] = [
  {
    path: "untilAt",
    message: "warm.until",
    holds: ({ when, untilAt }) => when !== "window" || untilAt !== null,
  },
  {
    path: "untilAt",
    message: "warm.order",
    holds: ({ when, fromAt, untilAt }) => when !== "window" || !fromAt || !untilAt || fromAt < untilAt,
  },
  {
    path: "untilAt",
    message: "warm.tooLong",
    holds: ({ when, untilAt }) =>
      when !== "window" || !untilAt || Date.parse(untilAt) < Date.now() + longestMs,
  },
];

const check = (plan: Fields, ctx: z.RefinementCtx) => {
  for (const { path, message, holds } of faults) {
    if (!holds(plan)) ctx.addIssue({ code: "custom", path: [path], message });
  }
};

export const warmPlanFields = fields.superRefine(check);
export const addWarmPlanInput = fields
  .extend({ templateId: id, running: z.boolean().default(false) })
  .superRefine(check);
export const removeWarmPlanInput = z.object({ templateId: id, planId: id });
