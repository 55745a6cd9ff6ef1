import type { actions, routes } from "./access";
import type { AccessWorld } from "./access-world";
import { jupyterSpec } from "./world";

/**
 * What each action is called with: something that the rightful person may well do. `but` names the answer that
 * they get where doing it for real would lead too far; it comes after the question who they are.
 */
export type ActionCall = { args: (world: AccessWorld) => unknown[]; but?: string; form?: boolean };

const template = {
  driver: "docker",
  name: "新模板",
  description: "",
  visibility: "own",
  image: jupyterSpec.image,
  cpus: 1,
  memoryMb: 512,
  processes: 256,
  diskMb: 128,
  network: "none",
  startTimeoutSeconds: 120,
  env: [],
};
const task = {
  durationMinutes: 45,
  maxAttempts: 3,
  selfExtensions: 1,
  selfExtensionMinutes: 15,
  idleMinutes: 60,
};
const window = { opensAt: null, closesAt: null };
const one = (args: (world: AccessWorld) => unknown): ActionCall => ({ args: (world) => [args(world)] });
const target = ({ spare, classId }: AccessWorld) => ({
  experimentId: spare.experimentId,
  targetType: "class",
  targetId: classId,
});
const extension = ({ experimentId, guest: { id } }: AccessWorld) => ({
  experimentId,
  minutes: 5,
  to: { userIds: [id] },
});
const guest = ({ guest: { id } }: AccessWorld) => ({ userId: id });

const accounts = "lib/accounts/actions.ts";
const course = "lib/courses/actions.ts";
const templates = "lib/templates/actions.ts";
const experiment = "lib/experiments/actions.ts";
const attempt = "lib/attempts/actions.ts";
const workspace = "lib/workspaces/actions.ts";
const warm = "lib/workspaces/warm/actions.ts";
const consoles = "lib/consoles/actions.ts";
const watch = "lib/watches/actions.ts";
const costs = "lib/costs/actions.ts";
const jobs = "lib/jobs/actions.ts";
const clouds = "lib/clouds/actions.ts";
/** Jobs go on by themselves: one that is not there stands still. */
const noRun = "01JZZZZZZZZZZZZZZZZZZZZZZZ";
const noAccount = { accountId: noRun };
const cloudAccount = {
  name: "云",
  accessKeyId: "LTAI-none",
  accessKeySecret: "none",
  endpoint: "127.0.0.1:9",
};
const region = { regionId: "cn-hangzhou", most: 1, reach: "private" };
const kernelId = "3f2b8c1e-0000-4000-8000-1234567890ab";

export const actionCalls: Record<keyof typeof actions, ActionCall> = {
  "app/(app)/layout.tsx#setLocale": one(() => "zh-CN"),
  "lib/platform/i18n/actions.ts#setLocale": one(() => "zh-CN"),
  "lib/platform/theme-actions.ts#setTheme": one(() => "dark"),

  [`${accounts}#changePasswordAction`]: {
    ...one(() => ({ current: "not their password", next: "copper lantern 9" })),
    but: "invalid",
  },
  [`${accounts}#endSessionAction`]: one(({ ownersOther }) => ({ sessionId: ownersOther })),
  [`${accounts}#createUserAction`]: one(({ mark }) => ({
    username: `new-${mark.slice(-8)}`,
    name: "新人",
    number: null,
    email: null,
    roles: ["student"],
  })),
  [`${accounts}#updateUserAction`]: one((world) => ({
    ...guest(world),
    name: "客人",
    number: null,
    email: null,
  })),
  [`${accounts}#setRolesAction`]: one((world) => ({ ...guest(world), roles: ["student"] })),
  [`${accounts}#suspendUserAction`]: one(guest),
  [`${accounts}#restoreUserAction`]: one(guest),
  [`${accounts}#resetPasswordAction`]: one(guest),
  [`${accounts}#moreUsersAction`]: one(() => ({})),
  [`${accounts}#completeSetUpAction`]: one(() => ({
    token: "not the token",
    username: "intruder",
    name: "intruder",
    password: "copper lantern 9",
  })),
  [`${accounts}#setOwnLocaleAction`]: one(() => ({ locale: "zh-CN" })),
  [`${accounts}#signOutAction`]: { args: () => [] },

  [`${course}#createCourseAction`]: one(() => ({ name: "新课程" })),
  [`${course}#editCourseAction`]: one(({ courseId }) => ({ courseId, name: "改过的课程" })),
  [`${course}#archiveCourseAction`]: one(({ courseId }) => ({ courseId })),
  [`${course}#restoreCourseAction`]: one(({ courseId }) => ({ courseId })),
  [`${course}#moreCoursesAction`]: one(() => ({})),
  [`${course}#addMemberAction`]: one(({ courseId, guestName }) => ({
    courseId,
    person: guestName,
    role: "student",
  })),
  [`${course}#removeMemberAction`]: one((world) => ({ courseId: world.courseId, ...guest(world) })),
  [`${course}#enrolClassAction`]: one(({ courseId, spare }) => ({ courseId, classId: spare.classId })),
  [`${course}#withdrawClassAction`]: one(({ courseId, spare }) => ({ courseId, classId: spare.classId })),
  [`${course}#createClassAction`]: one(() => ({ name: "新班" })),
  [`${course}#renameClassAction`]: one(({ classId }) => ({ classId, name: "改过的班" })),
  [`${course}#archiveClassAction`]: one(({ spare }) => ({ classId: spare.classId })),
  [`${course}#restoreClassAction`]: one(({ spare }) => ({ classId: spare.classId })),
  [`${course}#moreClassesAction`]: one(() => ({})),
  [`${course}#moreStudentsAction`]: one(({ classId }) => ({ classId })),
  [`${course}#addStudentAction`]: one(({ classId, mark }) => ({
    classId,
    number: `a${mark.slice(-8)}`,
    name: "学生甲",
  })),
  [`${course}#removeStudentAction`]: one((world) => ({ classId: world.classId, ...guest(world) })),
  [`${course}#restoreStudentAction`]: one((world) => ({ classId: world.classId, ...guest(world) })),
  [`${course}#previewRosterAction`]: one(({ classId }) => ({ classId, text: "学号,姓名\n2026123,张三" })),
  [`${course}#importRosterAction`]: one(({ classId, mark }) => ({
    classId,
    rows: [{ line: 1, number: `b${mark.slice(-8)}`, name: "学生乙" }],
  })),

  [`${templates}#createTemplateAction`]: one(() => template),
  [`${templates}#checkTemplateAction`]: one(() => template),
  [`${templates}#editTemplateAction`]: one(({ spare }) => ({
    ...template,
    templateId: spare.templateId,
    basedOn: spare.versionId,
  })),
  [`${templates}#duplicateTemplateAction`]: one(({ spare }) => ({
    templateId: spare.templateId,
    name: "副本",
  })),
  [`${templates}#archiveTemplateAction`]: one(({ spare }) => ({ templateId: spare.templateId })),
  [`${templates}#restoreTemplateAction`]: one(({ spare }) => ({ templateId: spare.templateId })),
  [`${templates}#moreTemplatesAction`]: one(() => ({})),

  [`${experiment}#createExperimentAction`]: one(({ courseId }) => ({ courseId, title: "新实验" })),
  [`${experiment}#editExperimentAction`]: one(({ spare }) => ({
    experimentId: spare.experimentId,
    title: "改过的实验",
    description: "",
    weight: 1,
  })),
  [`${experiment}#previewTextAction`]: one(({ spare }) => ({
    experimentId: spare.experimentId,
    text: "# 文",
  })),
  [`${experiment}#setWindowAction`]: one(({ spare }) => ({ experimentId: spare.experimentId, ...window })),
  [`${experiment}#editTaskAction`]: one(({ spare }) => ({
    ...task,
    taskId: spare.taskId,
    templateId: spare.templateId,
  })),
  [`${experiment}#assignAction`]: one((world) => ({ ...target(world), ...window })),
  [`${experiment}#unassignAction`]: one(target),
  [`${experiment}#findStudentsAction`]: one(({ spare }) => ({
    experimentId: spare.experimentId,
    search: "student",
  })),
  // Without students there is nothing to publish: the same answer that its checklist shows.
  [`${experiment}#publishExperimentAction`]: {
    ...one(({ spare }) => ({ experimentId: spare.experimentId })),
    but: "conflict",
  },
  [`${experiment}#unpublishExperimentAction`]: one(({ spare }) => ({ experimentId: spare.experimentId })),
  [`${experiment}#archiveExperimentAction`]: one(({ spare }) => ({ experimentId: spare.experimentId })),
  [`${experiment}#restoreExperimentAction`]: one(({ spare }) => ({ experimentId: spare.experimentId })),
  [`${experiment}#duplicateExperimentAction`]: one(({ spare, courseId }) => ({
    experimentId: spare.experimentId,
    courseId,
    title: "副本",
  })),
  [`${experiment}#moreExperimentsAction`]: one(({ courseId }) => ({ courseId })),
  [`${experiment}#renameAttachmentAction`]: one(({ spare, spareAttachmentId }) => ({
    experimentId: spare.experimentId,
    attachmentId: spareAttachmentId,
    name: "renamed.txt",
  })),
  [`${experiment}#removeAttachmentAction`]: one(({ spare, spareAttachmentId }) => ({
    experimentId: spare.experimentId,
    attachmentId: spareAttachmentId,
  })),
  [`${experiment}#restoreAttachmentAction`]: one(({ spare, spareAttachmentId }) => ({
    experimentId: spare.experimentId,
    attachmentId: spareAttachmentId,
  })),

  [`${attempt}#startTaskForm`]: { args: ({ place }) => [place.taskId], form: true },
  // No home behind these rows: whoever may is told that there is nothing to make anew.
  [`${attempt}#resetHomeAction`]: {
    ...one(({ place }) => ({ attemptId: place.attemptId, copy: true })),
    but: "conflict",
  },
  [`${attempt}#startFromAction`]: {
    ...one(({ collectionId }) => ({ collectionId, copy: true })),
    but: "conflict",
  },
  [`${attempt}#extendOwnAttemptAction`]: one(({ place }) => ({ attemptId: place.attemptId })),
  [`${attempt}#extendAttemptsAction`]: one(({ place }) => ({ attemptIds: [place.attemptId], minutes: 5 })),
  [`${attempt}#extendStudentsAction`]: one(extension),
  [`${attempt}#previewExtensionAction`]: one(extension),
  // An extension that never was: what the rightful are told.
  [`${attempt}#undoExtensionAction`]: {
    ...one(({ spare }) => ({ experimentId: spare.experimentId, extensionId: spare.experimentId })),
    but: "conflict",
  },
  [`${attempt}#closeNowAction`]: one(({ spare }) => ({ experimentId: spare.experimentId })),
  // No home behind these rows, so nothing to put it back into.
  "lib/collections/actions.ts#restoreFileAction": {
    ...one(({ fileId }) => ({ fileId, onConflict: "keepBoth" })),
    but: "conflict",
  },
  "lib/collections/actions.ts#retryCollectionsAction": one(({ place }) => ({
    attemptIds: [place.attemptId],
  })),
  [`${attempt}#endAttemptAction`]: one(({ places }) => ({ attemptId: places[0].attemptId })),
  [`${attempt}#endAttemptsAction`]: one(({ places }) => ({ attemptIds: [places[1].attemptId] })),

  [`${warm}#addWarmPlanAction`]: {
    ...one(({ spare }) => ({
      templateId: spare.templateId,
      count: 1,
      when: "window",
      fromAt: null,
      untilAt: "2026-01-01T00:00:00Z",
      refill: false,
    })),
    but: "conflict", // it is over
  },
  [`${warm}#removeWarmPlanAction`]: one(({ spare }) => ({
    templateId: spare.templateId,
    planId: spare.versionId,
  })),
  [`${workspace}#stopWorkspaceAction`]: one(({ places }) => ({ workspaceId: places[2].workspaceId })),
  [`${workspace}#restartWorkspaceAction`]: one(({ places }) => ({ workspaceId: places[3].workspaceId })),
  [`${workspace}#stopWorkspacesAction`]: one(({ places }) => ({ workspaceIds: [places[4].workspaceId] })),
  [`${workspace}#restartWorkspacesAction`]: one(({ places }) => ({ workspaceIds: [places[5].workspaceId] })),
  [`${workspace}#stayAction`]: one(({ place }) => ({ workspaceId: place.workspaceId })),
  [`${workspace}#sweepNowAction`]: { ...one(() => ({ hostId: noRun })), but: "not_found" },
  [`${workspace}#restartKernelAction`]: {
    ...one(({ place }) => ({ workspaceId: place.workspaceId, kernelId })),
    // What stands in for Jupyter was asked, and is none.
    but: "unavailable",
  },
  [`${workspace}#interruptKernelAction`]: {
    ...one(({ place }) => ({ workspaceId: place.workspaceId, kernelId })),
    // What stands in for Jupyter was asked, and is none.
    but: "unavailable",
  },
  [`${consoles}#pauseWorkspaceAction`]: one(({ places }) => ({ workspaceId: places[6].workspaceId })),
  [`${consoles}#resumeWorkspaceAction`]: one(({ places }) => ({ workspaceId: places[6].workspaceId })),
  [`${consoles}#pauseWorkspacesAction`]: one(({ places }) => ({ workspaceIds: [places[6].workspaceId] })),
  [`${consoles}#resumeWorkspacesAction`]: one(({ places }) => ({ workspaceIds: [places[6].workspaceId] })),
  [`${workspace}#loadRunningAction`]: one(() => ({ before: "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" })),

  "lib/recordings/actions.ts#agreeToRecordingAction": one(({ place }) => ({
    workspaceId: place.workspaceId,
  })),
  [`${consoles}#withdrawConsentAction`]: one(({ place }) => ({ workspaceId: place.workspaceId })),
  [`${watch}#startWatchAction`]: one(({ place }) => ({ workspaceId: place.workspaceId })),
  [`${watch}#beatWatchAction`]: one(({ watchId }) => ({ watchId })),
  [`${watch}#answerControlAction`]: one(({ watchId }) => ({ watchId, accept: true })),
  [`${watch}#endControlAction`]: one(({ watchId }) => ({ watchId })),
  [`${watch}#askControlAction`]: one(({ watchId }) => ({ watchId })),
  [`${watch}#endWatchAction`]: one(({ watchId }) => ({ watchId })),

  [`${costs}#moreSpendingAction`]: one(({ courseId }) => ({ courseId, by: "student" })),
  [`${costs}#setBudgetAction`]: one(({ courseId }) => ({ courseId, amount: 100, warnPercent: 80 })),
  [`${costs}#allowOverBudgetAction`]: one(({ courseId }) => ({ courseId, hours: 1, reason: "补课" })),
  [`${costs}#endAllowanceAction`]: one(({ courseId }) => ({ courseId })),
  [`${costs}#removeBudgetAction`]: one(({ courseId }) => ({ courseId })),

  [`${clouds}#addAccountAction`]: one(({ mark }) => ({ ...cloudAccount, name: `云 ${mark}` })),
  [`${clouds}#editAccountAction`]: { ...one(() => ({ ...cloudAccount, ...noAccount })), but: "not_found" },
  [`${clouds}#setAccountStatusAction`]: {
    ...one(() => ({ ...noAccount, status: "disabled" })),
    but: "not_found",
  },
  [`${clouds}#removeAccountAction`]: { ...one(() => noAccount), but: "not_found" },
  [`${clouds}#checkAccountAction`]: { ...one(() => noAccount), but: "not_found" },
  [`${clouds}#regionsOfAccountAction`]: { ...one(() => noAccount), but: "not_found" },
  [`${clouds}#addRegionAction`]: { ...one(() => ({ ...noAccount, ...region })), but: "not_found" },
  [`${clouds}#editRegionAction`]: { ...one(() => ({ ...region, hostId: noRun })), but: "not_found" },
  [`${clouds}#removeRegionAction`]: { ...one(() => ({ hostId: noRun })), but: "not_found" },
  [`${clouds}#moreResourcesAction`]: one(() => ({})),
  [`${clouds}#deleteResourceAction`]: { ...one(() => ({ resourceId: noRun })), but: "not_found" },
  [`${clouds}#moreFindingsAction`]: one(() => ({})),
  [`${clouds}#catalogueAction`]: { ...one(() => ({ hostId: noRun })), but: "not_found" },
  [`${clouds}#typePricesAction`]: {
    ...one(() => ({ hostId: noRun, types: [{ id: "ecs.e-c1m2.large" }] })),
    but: "not_found",
  },
  [`${clouds}#cloudPriceAction`]: {
    ...one(() => ({
      hostId: noRun,
      instanceTypes: ["ecs.g7.large"],
      systemDisk: { category: "cloud_essd", sizeGb: 40 },
    })),
    but: "not_found",
  },
  // It has no instance.
  [`${clouds}#freezeImageAction`]: {
    ...one(({ place }) => ({ workspaceId: place.workspaceId, name: "image-1" })),
    but: "conflict",
  },

  "lib/hosts/actions.ts#setHostStatusAction": one(({ hostId }) => ({ hostId, status: "enabled" })),
  [`${jobs}#loadRunsAction`]: one(() => ({ before: "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" })),
  [`${jobs}#countFailedAction`]: one(() => ({})),
  [`${jobs}#retryRunAction`]: { args: () => [{ id: noRun, from: "step" }], but: "not_found" },
  [`${jobs}#cancelRunAction`]: { args: () => [{ id: noRun }], but: "not_found" },
  [`${jobs}#replayFailedAction`]: one(() => ({ from: "step", runs: { ids: [] } })),
} as Record<keyof typeof actions, ActionCall>;

/** How each route is called, and what the rightful get where it is not 200. */
type RouteCall = { path: string; body?: string; type?: string; stream?: boolean; status?: number };

export const routeCalls = (world: AccessWorld): Record<keyof typeof routes, RouteCall> => {
  const attempt = `/api/attempts/${world.place.attemptId}`;
  const workspace = `/api/workspaces/${world.place.workspaceId}`;
  const json = "application/json";
  const inngest = { path: "/api/inngest?fnId=labyard-reconcile&stepId=step", body: "{}", type: json };
  return {
    "GET app/api/attachments/[id]/route.ts": { path: `/api/attachments/${world.attachmentId}` },
    "PUT app/api/attachments/route.ts": {
      path: `/api/attachments?experiment=${world.experimentId}&name=x.txt`,
      body: "x",
      status: 201,
    },
    "GET app/api/attempts/warnings/route.ts": { path: "/api/attempts/warnings" },
    "GET app/api/attempts/[id]/collected/route.ts": { path: `${attempt}/collected` },
    "GET app/api/attempts/[id]/collection/route.ts": { path: `${attempt}/collection` },
    // There is no home behind the rows: whoever may ask is told that the file is not there.
    "GET app/api/attempts/[id]/file/route.ts": { path: `${attempt}/file?path=a.txt`, status: 404 },
    "GET app/api/attempts/[id]/files/route.ts": { path: `${attempt}/files` },
    "GET app/api/attempts/[id]/archive/route.ts": { path: `${attempt}/archive?names=a.txt`, status: 404 },
    "GET app/api/attempts/[id]/view/route.ts": { path: `${attempt}/view?path=a.png`, status: 404 },
    "GET app/api/attempts/[id]/preview/route.ts": { path: `${attempt}/preview?path=a.txt`, status: 404 },
    "GET app/api/attempts/[id]/uploads/route.ts": { path: `${attempt}/uploads` },
    // Nothing to write into before the first start.
    "POST app/api/attempts/[id]/files/route.ts": {
      path: `${attempt}/files`,
      body: JSON.stringify({ changes: [{ act: "makeFolder", path: "new" }] }),
      type: json,
      status: 409,
    },
    "POST app/api/attempts/[id]/uploads/route.ts": { path: `${attempt}/uploads`, status: 409 },
    "HEAD app/api/attempts/[id]/uploads/[upload]/route.ts": { path: `${attempt}/uploads/x`, status: 409 },
    "PATCH app/api/attempts/[id]/uploads/[upload]/route.ts": { path: `${attempt}/uploads/x`, status: 409 },
    "DELETE app/api/attempts/[id]/uploads/[upload]/route.ts": { path: `${attempt}/uploads/x`, status: 409 },
    "POST app/api/attempts/[id]/uploads/place/route.ts": {
      path: `${attempt}/uploads/place`,
      body: JSON.stringify({ uploads: [{ id: "x", onConflict: "keepBoth" }] }),
      type: json,
      status: 409,
    },
    "GET app/api/auth/[...nextauth]/route.ts": { path: "/api/auth/csrf" },
    "POST app/api/auth/[...nextauth]/route.ts": {
      path: "/api/auth/callback/credentials",
      body: "username=nobody&password=wrong&csrfToken=none",
      type: "application/x-www-form-urlencoded",
      status: 409,
    },
    "GET app/api/collections/[id]/route.ts": { path: `/api/collections/${world.collectionId}` },
    "GET app/api/collections/files/[id]/route.ts": { path: `/api/collections/files/${world.fileId}` },
    "POST app/api/consoles/tickets/route.ts": {
      path: "/api/consoles/tickets",
      body: JSON.stringify({ workspaceId: world.place.workspaceId, mode: "use" }),
      type: json,
    },
    "GET app/api/consoles/tunnel/[workspace]/route.ts": {
      path: `/api/consoles/tunnel/${world.place.workspaceId}?read:7c3a5d1e-0000-4000-8000-1234567890ab:0`,
      status: 404,
    },
    "POST app/api/consoles/tunnel/[workspace]/route.ts": {
      path: `/api/consoles/tunnel/${world.place.workspaceId}?connect`,
      body: "ticket=none",
      type: "application/x-www-form-urlencoded",
      status: 403,
    },
    "GET app/api/costs/route.ts": { path: "/api/costs?format=csv" },
    "GET app/api/courses/[id]/costs/route.ts": { path: `/api/courses/${world.courseId}/costs?format=xlsx` },
    "GET app/api/events/route.ts": {
      path: `/api/events?topics=workspace:${world.place.workspaceId}`,
      stream: true,
    },
    "GET app/api/experiments/[id]/collected/route.ts": {
      path: `/api/experiments/${world.experimentId}/collected`,
    },
    "GET app/api/inngest/route.ts": { path: "/api/inngest", status: 401 },
    "POST app/api/inngest/route.ts": { ...inngest, status: 401 },
    "PUT app/api/inngest/route.ts": { ...inngest, status: 401 },
    "DELETE app/api/inngest/route.ts": { path: "/api/inngest", status: 405 },
    "OPTIONS app/api/inngest/route.ts": { path: "/api/inngest", status: 405 },
    "PATCH app/api/inngest/route.ts": { path: "/api/inngest", status: 405 },
    // What stands in for Jupyter answers with something else: it was asked, and that was no list of kernels.
    "GET app/api/workspaces/[id]/kernels/route.ts": { path: `${workspace}/kernels`, status: 503 },
    "GET app/api/workspaces/[id]/logs/route.ts": { path: `${workspace}/logs` },
    "GET app/api/workspaces/[id]/screen/route.ts": { path: `${workspace}/screen` },
    // No container behind the rows: the driver was asked, and found none.
    "GET app/api/workspaces/[id]/stats/route.ts": { path: `${workspace}/stats` },
    "GET app/api/workspaces/[id]/watches/route.ts": { path: `${workspace}/watches` },
    "GET app/api/recordings/[id]/route.ts": { path: `/api/recordings/${world.recordingId}` },
    "POST app/api/watches/[id]/end/route.ts": {
      path: `/api/watches/${world.otherWatchId}/end`,
      body: "",
      status: 204,
    },
  };
};
