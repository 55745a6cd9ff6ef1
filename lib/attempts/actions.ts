"use server";

import { redirect } from "next/navigation";
import { userAction } from "@/lib/accounts";
import type { ActionError } from "@/lib/platform/action";
import { closeNow } from "./close-now";
import { endAttempt, endAttemptInput } from "./end";
import { extendOwnAttempt, extendOwnInput } from "./extend";
import { extendStudents, previewExtension, undoExtension } from "./extend-students";
import { endAttempts, extendAttempts } from "./many";
import { resetHome } from "./reset";
import {
  closeNowInput,
  endManyInput,
  extendManyInput,
  extendStudentsInput,
  resetInput,
  startFromInput,
  undoExtensionInput,
} from "./schema";
import { startTask, startTaskInput } from "./start";
import { startFromCollection } from "./start-from";

const startTaskAction = userAction(startTaskInput, startTask);
export const endAttemptAction = userAction(endAttemptInput, endAttempt);
export const endAttemptsAction = userAction(endManyInput, endAttempts);
export const extendOwnAttemptAction = userAction(extendOwnInput, extendOwnAttempt);
export const extendStudentsAction = userAction(extendStudentsInput, extendStudents);
export const previewExtensionAction = userAction(extendStudentsInput, previewExtension);
export const undoExtensionAction = userAction(undoExtensionInput, undoExtension);
export const closeNowAction = userAction(closeNowInput, closeNow);
export const extendAttemptsAction = userAction(extendManyInput, extendAttempts);

export const resetHomeAction = userAction(resetInput, resetHome);
export const startFromAction = userAction(startFromInput, startFromCollection);

/** Start as a form: works before the page's script does, and goes to the workspace. */
export async function startTaskForm(_before: ActionError | null, form: FormData): Promise<ActionError> {
  const result = await startTaskAction({ taskId: String(form.get("taskId")) });
  if (result.ok) redirect(`/workspaces/${result.data.workspaceId}`);
  return result.error;
}
