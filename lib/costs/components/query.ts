import { z } from "zod";
import { spendingGroups } from "../schema";

/** What the URL of a cost page says; anything else is as if it were not there. */
const query = z.object({
  from: z.iso.date().optional().catch(undefined),
  until: z.iso.date().optional().catch(undefined),
  by: z.enum(spendingGroups).optional().catch(undefined),
  class: z
    .union([z.string().length(26), z.literal("none")])
    .optional()
    .catch(undefined),
  student: z.string().length(26).optional().catch(undefined),
});

export type CostQuery = z.infer<typeof query>;
export const readCostQuery = (given: unknown): CostQuery => query.parse(given);
