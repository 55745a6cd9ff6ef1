// A member of staff who looks at a student's desktop or terminals: read-only, seen by the student at all
// times, and with the controls only after the student has agreed, until either takes them back.
export { answerControl, askControl, endControl } from "./control";
export { endWatch } from "./end";
export { liveWatches, workspaceWatches } from "./queries";
export { startWatch } from "./start";
export { beatWatch, sweepWatches } from "./sweep";
