"use server";

import { userAction } from "@/lib/accounts";
import { archiveExperiment, restoreExperiment } from "./archive-experiment";
import { assign, unassign } from "./assign";
import { removeAttachment, renameAttachment, restoreAttachment } from "./attachments";
import { createExperiment } from "./create-experiment";
import { duplicateExperiment } from "./duplicate-experiment";
import { editExperiment } from "./edit-experiment";
import { editTask } from "./edit-task";
import { previewText } from "./preview-text";
import { publishExperiment, unpublishExperiment } from "./publish-experiment";
import { findCourseStudents, listExperiments } from "./queries";
import {
  assignInput,
  attachmentInput,
  createExperimentInput,
  duplicateExperimentInput,
  editExperimentInput,
  editTaskInput,
  experimentIdInput,
  findStudentsInput,
  listExperimentsInput,
  previewTextInput,
  renameAttachmentInput,
  setWindowInput,
  unassignInput,
} from "./schema";
import { setWindow } from "./set-window";

export const createExperimentAction = userAction(createExperimentInput, createExperiment);
export const editExperimentAction = userAction(editExperimentInput, editExperiment);
export const previewTextAction = userAction(previewTextInput, previewText);
export const setWindowAction = userAction(setWindowInput, setWindow);
export const editTaskAction = userAction(editTaskInput, editTask);
export const assignAction = userAction(assignInput, assign);
export const unassignAction = userAction(unassignInput, unassign);
export const findStudentsAction = userAction(findStudentsInput, ({ ctx, input }) =>
  findCourseStudents(ctx, input.experimentId, input.search),
);
export const publishExperimentAction = userAction(experimentIdInput, publishExperiment);
export const unpublishExperimentAction = userAction(experimentIdInput, unpublishExperiment);
export const archiveExperimentAction = userAction(experimentIdInput, archiveExperiment);
export const restoreExperimentAction = userAction(experimentIdInput, restoreExperiment);
export const duplicateExperimentAction = userAction(duplicateExperimentInput, duplicateExperiment);
export const moreExperimentsAction = userAction(listExperimentsInput, listExperiments);
export const renameAttachmentAction = userAction(renameAttachmentInput, renameAttachment);
export const removeAttachmentAction = userAction(attachmentInput, removeAttachment);
export const restoreAttachmentAction = userAction(attachmentInput, restoreAttachment);
