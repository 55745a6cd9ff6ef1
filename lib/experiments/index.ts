export { announce, moveDeadlines } from "./announce";
export { archiveExperiment, restoreExperiment } from "./archive-experiment";
export { assign, unassign } from "./assign";
export { addAttachment, removeAttachment, renameAttachment, restoreAttachment } from "./attachments";
export { type AudienceRow, experimentStudents } from "./audience";
export { closeWindows } from "./close-windows";
export { createExperiment } from "./create-experiment";
export { duplicateExperiment } from "./duplicate-experiment";
export { editExperiment } from "./edit-experiment";
export { editTask } from "./edit-task";
export { canWatchExperiment, loadExperiment } from "./load";
export {
  classAudience,
  type MovedClose,
  moveBack,
  moveClassClose,
  moveStudentClose,
} from "./move-closes";
export { publishExperiment, unpublishExperiment } from "./publish-experiment";
export {
  experimentActivity,
  findCourseStudents,
  getExperiment,
  listExperiments,
  publishChecklist,
  readAttachment,
} from "./queries";
export { setWindow } from "./set-window";
export {
  listStudentExperiments,
  materialsOf,
  studentExperiment,
  studentTask,
  studentWindow,
} from "./student";
