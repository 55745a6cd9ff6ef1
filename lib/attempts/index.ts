// A student's tries at a task: one open at a time, with a clock that only the server ends.
export { endAttempt, endIfDue } from "./end";
export { extendAttempt, extendOwnAttempt } from "./extend";
export { finishClaim } from "./finish-claim";
export { loadAttempt } from "./load";
export { lookAtClock } from "./look-at-clock";
export { endAttempts, extendAttempts } from "./many";
export { priceOf } from "./price-of";
export { liveList, type OwnTask, ownTasks } from "./queries";
export { recordReady } from "./ready";
export { reconcileAttempts } from "./reconcile";
export { rescheduleAttempt } from "./reschedule";
export { resetHome } from "./reset";
export { workspaceScreen } from "./screen";
export { type Started, startTask } from "./start";
export { startFromCollection } from "./start-from";
export {
  groupOf,
  type StatusGroup,
  statusGroups,
  taskStatus,
} from "./status";
export { ownWarnings, type Warning, workspaceWarning } from "./warnings";
