import { z } from "zod";

const id = z.string().length(26);

export const workspaceInput = z.object({ workspaceId: id });
export const workspacesInput = z.object({ workspaceIds: z.array(id).min(1).max(500) });
export const runningPageInput = z.object({ before: id });
