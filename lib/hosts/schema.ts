import { z } from "zod";

const hostStatuses = ["enabled", "draining", "disabled"] as const;

export const setHostStatusInput = z.object({
  hostId: z.string().length(26),
  status: z.enum(hostStatuses),
});
