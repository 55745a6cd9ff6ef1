import { z } from "zod";
import { consoleKinds, consoleModes } from "@/db/schema/workspaces";

export const ticketInput = z.object({
  workspaceId: z.string().length(26),
  kind: z.enum(consoleKinds).default("web"),
  mode: z.enum(consoleModes),
});
export type TicketInput = z.input<typeof ticketInput>;

/** What a console's client says when it connects, beside what its own protocol needs. */
export const enterInput = z.object({
  ticket: z.string().max(100),
  kind: z.enum(["desktop", "terminal"]),
  workspaceId: z.string().length(26),
  mode: z.enum(consoleModes),
});
export type EnterInput = z.infer<typeof enterInput>;
