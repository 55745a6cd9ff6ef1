import { z } from "zod";

export const retryInput = z.object({ attemptIds: z.array(z.string().length(26)).min(1).max(500) });

/** `keepBoth`: under a name of its own where there is another file; `replace`: in its place. */
export const restoreInput = z.object({
  fileId: z.string().length(26),
  onConflict: z.enum(["keepBoth", "replace"]),
});
