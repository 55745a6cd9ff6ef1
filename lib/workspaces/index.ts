// The running things. Callers know start, stop, what it is doing, and how to reach its files; that it is a
// container, that its home is a mounted image and that starting takes steps stays in here.
export { type WorkspaceBrief, workspaceBriefs } from "./briefs";
export { type DesktopTarget, desktopTarget, openAgent } from "./desktop";
export type {
  Changed,
  HomeEntry,
  HomeListing,
  Packed,
  Shell,
  Written,
} from "./drivers";
export { type EachResult, forEach, type Refused } from "./each";
export { endReclaimed, fetchAllWork, fetchWork } from "./fetch-work";
export {
  changeHomeFiles,
  collectHome,
  listHomeFiles,
  packHomeFiles,
  readHomeFile,
  writeHomeFiles,
} from "./files";
export { giveHomeBack, takeHome } from "./homes";
export { idleStops, judgeIdle, recordActivity, sweepIdle } from "./idle";
export { keepGuacd } from "./keep-guacd";
export { keptFiles } from "./kept-files";
export { interruptKernel, listKernels, restartKernel } from "./kernels";
export { loadWorkspace, staffRole } from "./load";
export { pauseWorkspaces, resumeWorkspaces, stopWorkspaces } from "./many";
export { pauseWorkspace } from "./pause";
export { placeWaiting } from "./place";
export type { StaffRole } from "./policy";
export {
  awaitBoot,
  causeOf,
  createContainer,
  failWorkspace,
  prepareHome,
} from "./provision";
export {
  canSeeWorkspace,
  getWorkspace,
  listRunning,
  listWorkspaceEvents,
  liveWorkspaceOf,
  typicalStart,
  workspaceLogs,
  workspaceRoute,
  workspaceStats,
} from "./queries";
export { reconcileWorkspaces } from "./reconcile";
export { dropNewHome, holdsUnsaved, wantNewHome } from "./renew";
export { requestCleanDisk } from "./renew-disk";
export { requestWorkspace } from "./request";
export { requestCollection } from "./request-collection";
export { resumeWorkspace } from "./resume";
export { openShell } from "./shell";
export { liveStates, moveWorkspace } from "./state";
export { type StepView, stepsOf, wakeNoteOf } from "./steps";
export { requestStop, restartWorkspace, stopWorkspace } from "./stop";
export { finishWorkspace, removeOutside, restartAfterStop } from "./teardown";
export { tellInside } from "./tell-inside";
export { wakeWorkspace } from "./wake";
export { type Attached, attachClaimed, detachUnwanted } from "./warm/attach";
export { createWarm, freezeWarm } from "./warm/boot";
export { canSeePool } from "./warm/can-see-pool";
export { fillWarm } from "./warm/fill";
export { warmPool } from "./warm/pool";
export { warmPlanTimes } from "./warm/times";
