import { z } from "zod";

export const ticketInput = z.object({
  workspaceId: z.string().length(26),
  mode: z.literal("use"),
});
export type TicketInput = z.infer<typeof ticketInput>;

export const pauseInput = z.object({ workspaceId: z.string().length(26) });
export const pauseManyInput = z.object({ workspaceIds: z.array(z.string().length(26)).min(1).max(500) });
