import { z } from "zod";

export const manyInput = z.object({ workspaceIds: z.array(z.string().length(26)).min(1).max(500) });
export const runningPageInput = z.object({ before: z.string().length(26) });
