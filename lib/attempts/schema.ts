import { z } from "zod";

const id = z.string().length(26);
const attemptIds = z.array(z.string().length(26)).min(1).max(500);

const extensionMinutes = z
  .number()
  .int()
  .min(1)
  .max(24 * 60);

export const endManyInput = z.object({ attemptIds });
export const extendManyInput = z.object({
  attemptIds,
  minutes: extensionMinutes,
});

/** For whom: a whole class of the experiment, or some of its students; running or not. */
export const extendStudentsInput = z.object({
  experimentId: id,
  minutes: extensionMinutes,
  to: z.union([z.object({ classId: id }), z.object({ userIds: z.array(id).min(1).max(500) })]),
});
export const undoExtensionInput = z.object({ experimentId: id, extensionId: id });
export const closeNowInput = z.object({ experimentId: id });

/** `copy`: what is there now is kept in the file store first. */
export const resetInput = z.object({ attemptId: id, copy: z.boolean() });
export const startFromInput = z.object({ collectionId: id, copy: z.boolean() });
