import { defaultRoles, type Permission } from "@/lib/platform/permissions";

/**
 * Who may: every page, route handler and server action, with the relation to its object that opens it.
 * access.test.ts fails for whatever is in the tree and not here, or here and not in the tree; the story
 * access.spec.ts walks all of it against the running service as each of {@link walkers}. What is before the app has a
 * list of its own: listener.spec.ts.
 */

/** The people of one world, as seen from its objects: a student's attempt, its experiment, course and class. */
export const walkers = [
  "nobody",
  "stranger", // a student of no course
  "classmate", // given the same experiment, but not the owner of the attempt
  "owner", // whose attempt, workspace, files and sessions they are
  "otherTeacher", // teaches, but not here
  "assistant", // of the course
  "teacher", // of the course; made its class and its template
  "admin", // superadmin
] as const;
export type Walker = (typeof walkers)[number];

export type Relation =
  | "anyone"
  | "signed in" // about the person themselves, or lists that show only what is theirs
  | "of the experiment" // a student to whom it is given
  | "of the experiment or staff"
  | "owner" // only they: not even staff
  | "owner or staff"
  | "staff of the course" // teachers and assistants, and who may in every course
  | "teacher of the course"
  | "watcher" // who looks at the owner's screen now: the teacher
  | "owner or watcher"
  | "author" // of the class or template
  | `may ${Permission}`
  | "password change due" // has a one-time password
  | "set-up open" // no administrator yet; needs the token that the log printed
  | "signed by the executor"
  | "monitor" // who has METRICS_TOKEN, or calls from this machine by number
  | "development" // not in production at all
  | "no one";

const staff: Walker[] = ["assistant", "teacher", "admin"];
const people: readonly Walker[] = walkers.filter((walker) => walker !== "nobody");
const rolesOf: Record<Walker, keyof typeof defaultRoles | null> = {
  nobody: null,
  stranger: "student",
  classmate: "student",
  owner: "student",
  otherTeacher: "teacher",
  assistant: "assistant",
  teacher: "teacher",
  admin: "superadmin",
};

/** Who of the walkers is let through. */
export function admits(relation: Relation, walker: Walker): boolean {
  switch (relation) {
    case "anyone":
      return true;
    case "signed in":
      return people.includes(walker);
    case "of the experiment":
      return walker === "owner" || walker === "classmate";
    case "of the experiment or staff":
      return walker === "owner" || walker === "classmate" || staff.includes(walker);
    case "owner":
      return walker === "owner";
    case "owner or staff":
      return walker === "owner" || staff.includes(walker);
    case "staff of the course":
      return staff.includes(walker);
    case "watcher":
      return walker === "teacher";
    case "owner or watcher":
      return walker === "owner" || walker === "teacher";
    case "teacher of the course":
    case "author":
      return walker === "teacher" || walker === "admin";
    case "password change due":
    case "set-up open":
    case "signed by the executor":
    case "monitor":
    case "development":
    case "no one":
      return false;
    default: {
      const role = rolesOf[walker];
      return role !== null && defaultRoles[role].some((permission) => relation === `may ${permission}`);
    }
  }
}

/** app/**\/page.tsx. Nobody is sent to sign-in; who may not see the object sees "not found". */
export const pages = {
  "app/page.tsx": "signed in",
  "app/(app)/account/page.tsx": "signed in",
  "app/(app)/admin/clouds/page.tsx": "may host.manage",
  "app/(app)/admin/costs/page.tsx": "may host.manage",
  "app/(app)/admin/hosts/page.tsx": "may host.manage",
  "app/(app)/admin/jobs/[id]/page.tsx": "may job.view",
  "app/(app)/admin/jobs/page.tsx": "may job.view",
  "app/(app)/admin/users/page.tsx": "may user.manage",
  "app/(app)/admin/workspaces/page.tsx": "may workspace.any",
  "app/(app)/attempts/[id]/recordings/page.tsx": "owner or staff",
  "app/(app)/empty/page.tsx": "development",
  "app/(app)/experiments/[id]/page.tsx": "of the experiment",
  "app/(app)/experiments/page.tsx": "signed in",
  "app/(app)/recordings/[id]/page.tsx": "owner or staff",
  "app/(app)/teach/classes/[id]/import/page.tsx": "teacher of the course",
  "app/(app)/teach/classes/[id]/page.tsx": "staff of the course",
  "app/(app)/teach/classes/page.tsx": "signed in",
  "app/(app)/teach/courses/[id]/costs/page.tsx": "teacher of the course",
  "app/(app)/teach/courses/[id]/page.tsx": "staff of the course",
  "app/(app)/teach/courses/page.tsx": "signed in",
  "app/(app)/teach/experiments/[id]/live/page.tsx": "staff of the course",
  "app/(app)/teach/experiments/[id]/page.tsx": "staff of the course",
  "app/(app)/teach/page.tsx": "signed in",
  "app/(app)/teach/templates/[id]/page.tsx": "author",
  "app/(app)/teach/templates/new/page.tsx": "may template.edit",
  "app/(app)/teach/templates/page.tsx": "may template.edit",
  "app/(entry)/account/password/page.tsx": "password change due",
  "app/(entry)/setup/page.tsx": "set-up open",
  "app/(entry)/sign-in/page.tsx": "anyone",
  "app/(workspace)/workspaces/[id]/page.tsx": "owner or staff",
  "app/(workspace)/workspaces/[id]/terminal/page.tsx": "owner",
  "app/dev/gallery/page.tsx": "development",
} satisfies Record<string, Relation>;

/** app/**\/route.ts, by method. */
export const routes = {
  "GET app/api/attachments/[id]/route.ts": "of the experiment or staff",
  "PUT app/api/attachments/route.ts": "teacher of the course",
  "GET app/api/attempts/[id]/collected/route.ts": "owner or staff",
  "GET app/api/attempts/[id]/collection/route.ts": "owner or staff",
  "GET app/api/attempts/[id]/archive/route.ts": "owner or staff",
  "GET app/api/attempts/[id]/file/route.ts": "owner or staff",
  "GET app/api/attempts/[id]/files/route.ts": "owner or staff",
  "POST app/api/attempts/[id]/files/route.ts": "owner",
  "GET app/api/attempts/[id]/preview/route.ts": "owner or staff",
  "GET app/api/attempts/[id]/uploads/route.ts": "owner",
  "GET app/api/attempts/[id]/view/route.ts": "owner or staff",
  "POST app/api/attempts/[id]/uploads/route.ts": "owner",
  "HEAD app/api/attempts/[id]/uploads/[upload]/route.ts": "owner",
  "PATCH app/api/attempts/[id]/uploads/[upload]/route.ts": "owner",
  "DELETE app/api/attempts/[id]/uploads/[upload]/route.ts": "owner",
  "POST app/api/attempts/[id]/uploads/place/route.ts": "owner",
  "GET app/api/attempts/warnings/route.ts": "signed in", // about their own attempts only
  "GET app/api/auth/[...nextauth]/route.ts": "anyone", // the CSRF token of the sign-in form
  "POST app/api/auth/[...nextauth]/route.ts": "anyone", // the name and password themselves
  "GET app/api/collections/[id]/route.ts": "owner or staff",
  "GET app/api/collections/files/[id]/route.ts": "owner or staff",
  "POST app/api/consoles/tickets/route.ts": "owner",
  // Who brings a ticket of their own session: lib/consoles/tickets.integration.test.ts. None is brought here.
  "GET app/api/consoles/tunnel/[workspace]/route.ts": "no one",
  "POST app/api/consoles/tunnel/[workspace]/route.ts": "no one",
  "GET app/api/costs/route.ts": "may host.manage",
  "GET app/api/courses/[id]/costs/route.ts": "teacher of the course",
  "GET app/api/events/route.ts": "owner or staff", // asked here for a workspace's topic; each topic has a rule
  "GET app/api/experiments/[id]/collected/route.ts": "staff of the course",
  "GET app/api/inngest/route.ts": "signed by the executor",
  "POST app/api/inngest/route.ts": "signed by the executor",
  "PUT app/api/inngest/route.ts": "signed by the executor",
  "DELETE app/api/inngest/route.ts": "no one",
  "OPTIONS app/api/inngest/route.ts": "no one",
  "PATCH app/api/inngest/route.ts": "no one",
  "GET app/api/recordings/[id]/route.ts": "owner or staff",
  "POST app/api/watches/[id]/end/route.ts": "watcher",
  "GET app/api/workspaces/[id]/kernels/route.ts": "owner or staff",
  "GET app/api/workspaces/[id]/logs/route.ts": "owner or staff",
  "GET app/api/workspaces/[id]/screen/route.ts": "owner or staff",
  "GET app/api/workspaces/[id]/stats/route.ts": "owner or staff",
  "GET app/api/workspaces/[id]/watches/route.ts": "owner or staff",
} satisfies Record<string, Relation>;

/** Every export of a file that says "use server", and every function that says it inside. */
export const actions = {
  "app/(app)/layout.tsx#setLocale": "signed in",
  "lib/platform/i18n/actions.ts#setLocale": "anyone", // a cookie of one's own browser
  "lib/platform/theme-actions.ts#setTheme": "anyone",

  "lib/accounts/actions.ts#changePasswordAction": "signed in", // and knows the old password
  "lib/accounts/actions.ts#endSessionAction": "owner",
  "lib/accounts/actions.ts#createUserAction": "may user.manage",
  "lib/accounts/actions.ts#updateUserAction": "may user.manage",
  "lib/accounts/actions.ts#setRolesAction": "may user.manage",
  "lib/accounts/actions.ts#suspendUserAction": "may user.manage",
  "lib/accounts/actions.ts#restoreUserAction": "may user.manage",
  "lib/accounts/actions.ts#resetPasswordAction": "may user.manage",
  "lib/accounts/actions.ts#moreUsersAction": "may user.manage",
  "lib/accounts/actions.ts#completeSetUpAction": "set-up open",
  "lib/accounts/actions.ts#setOwnLocaleAction": "signed in",
  "lib/accounts/actions.ts#signOutAction": "signed in",

  "lib/courses/actions.ts#createCourseAction": "may course.create",
  "lib/courses/actions.ts#editCourseAction": "teacher of the course",
  "lib/courses/actions.ts#archiveCourseAction": "teacher of the course",
  "lib/courses/actions.ts#restoreCourseAction": "teacher of the course",
  "lib/courses/actions.ts#moreCoursesAction": "signed in",
  "lib/courses/actions.ts#addMemberAction": "teacher of the course",
  "lib/courses/actions.ts#removeMemberAction": "teacher of the course",
  "lib/courses/actions.ts#enrolClassAction": "teacher of the course",
  "lib/courses/actions.ts#withdrawClassAction": "teacher of the course",
  "lib/courses/actions.ts#createClassAction": "may class.create",
  "lib/courses/actions.ts#renameClassAction": "teacher of the course",
  "lib/courses/actions.ts#archiveClassAction": "author",
  "lib/courses/actions.ts#restoreClassAction": "author",
  "lib/courses/actions.ts#moreClassesAction": "signed in",
  "lib/courses/actions.ts#moreStudentsAction": "staff of the course",
  "lib/courses/actions.ts#addStudentAction": "teacher of the course",
  "lib/courses/actions.ts#removeStudentAction": "teacher of the course",
  "lib/courses/actions.ts#restoreStudentAction": "teacher of the course",
  "lib/courses/actions.ts#previewRosterAction": "teacher of the course",
  "lib/courses/actions.ts#importRosterAction": "teacher of the course",

  "lib/templates/actions.ts#createTemplateAction": "may template.edit",
  "lib/templates/actions.ts#checkTemplateAction": "may template.edit",
  "lib/templates/actions.ts#editTemplateAction": "author",
  "lib/templates/actions.ts#duplicateTemplateAction": "author", // a shared one: whoever may template.edit
  "lib/templates/actions.ts#archiveTemplateAction": "author",
  "lib/templates/actions.ts#restoreTemplateAction": "author",
  "lib/templates/actions.ts#moreTemplatesAction": "may template.edit",

  "lib/workspaces/warm/actions.ts#addWarmPlanAction": "author",
  "lib/workspaces/warm/actions.ts#removeWarmPlanAction": "author",

  "lib/experiments/actions.ts#createExperimentAction": "teacher of the course",
  "lib/experiments/actions.ts#editExperimentAction": "teacher of the course",
  "lib/experiments/actions.ts#previewTextAction": "teacher of the course",
  "lib/experiments/actions.ts#setWindowAction": "teacher of the course",
  "lib/experiments/actions.ts#editTaskAction": "teacher of the course",
  "lib/experiments/actions.ts#assignAction": "teacher of the course",
  "lib/experiments/actions.ts#unassignAction": "teacher of the course",
  "lib/experiments/actions.ts#findStudentsAction": "teacher of the course",
  "lib/experiments/actions.ts#publishExperimentAction": "teacher of the course",
  "lib/experiments/actions.ts#unpublishExperimentAction": "teacher of the course",
  "lib/experiments/actions.ts#archiveExperimentAction": "teacher of the course",
  "lib/experiments/actions.ts#restoreExperimentAction": "teacher of the course",
  "lib/experiments/actions.ts#duplicateExperimentAction": "teacher of the course",
  "lib/experiments/actions.ts#moreExperimentsAction": "staff of the course",
  "lib/experiments/actions.ts#renameAttachmentAction": "teacher of the course",
  "lib/experiments/actions.ts#removeAttachmentAction": "teacher of the course",
  "lib/experiments/actions.ts#restoreAttachmentAction": "teacher of the course",

  "lib/attempts/actions.ts#startTaskForm": "of the experiment",
  "lib/attempts/actions.ts#endAttemptAction": "owner or staff",
  "lib/attempts/actions.ts#endAttemptsAction": "owner or staff",
  "lib/attempts/actions.ts#resetHomeAction": "owner or staff",
  "lib/attempts/actions.ts#startFromAction": "owner",
  "lib/attempts/actions.ts#extendOwnAttemptAction": "owner",
  "lib/attempts/actions.ts#extendAttemptsAction": "staff of the course",
  "lib/attempts/actions.ts#extendStudentsAction": "staff of the course",
  "lib/attempts/actions.ts#previewExtensionAction": "staff of the course",
  "lib/attempts/actions.ts#undoExtensionAction": "staff of the course",
  "lib/attempts/actions.ts#closeNowAction": "teacher of the course",
  "lib/collections/actions.ts#retryCollectionsAction": "owner or staff",
  "lib/collections/actions.ts#restoreFileAction": "owner",

  "lib/workspaces/actions.ts#stopWorkspaceAction": "owner or staff",
  "lib/workspaces/actions.ts#restartWorkspaceAction": "owner or staff",
  "lib/workspaces/actions.ts#stopWorkspacesAction": "owner or staff",
  "lib/workspaces/actions.ts#restartWorkspacesAction": "owner or staff",
  "lib/workspaces/actions.ts#stayAction": "owner",
  "lib/workspaces/actions.ts#loadRunningAction": "may workspace.any",
  "lib/workspaces/actions.ts#sweepNowAction": "may host.manage",
  "lib/workspaces/actions.ts#restartKernelAction": "owner or staff",
  "lib/workspaces/actions.ts#interruptKernelAction": "owner or staff",
  "lib/consoles/actions.ts#pauseWorkspaceAction": "owner or staff",
  "lib/consoles/actions.ts#resumeWorkspaceAction": "owner or staff",
  "lib/consoles/actions.ts#pauseWorkspacesAction": "owner or staff",
  "lib/consoles/actions.ts#resumeWorkspacesAction": "owner or staff",

  "lib/recordings/actions.ts#agreeToRecordingAction": "owner",
  "lib/consoles/actions.ts#withdrawConsentAction": "owner",
  // One watch, in the order of its life.
  "lib/watches/actions.ts#startWatchAction": "staff of the course",
  "lib/watches/actions.ts#beatWatchAction": "signed in", // about one's own; others' is none
  "lib/watches/actions.ts#answerControlAction": "owner",
  "lib/watches/actions.ts#endControlAction": "owner or watcher",
  "lib/watches/actions.ts#askControlAction": "watcher",
  "lib/watches/actions.ts#endWatchAction": "watcher",

  "lib/costs/actions.ts#moreSpendingAction": "teacher of the course",
  "lib/costs/actions.ts#setBudgetAction": "may host.manage",
  "lib/costs/actions.ts#allowOverBudgetAction": "teacher of the course",
  "lib/costs/actions.ts#endAllowanceAction": "teacher of the course",
  "lib/costs/actions.ts#removeBudgetAction": "may host.manage",

  "lib/clouds/actions.ts#addAccountAction": "may host.manage",
  "lib/clouds/actions.ts#editAccountAction": "may host.manage",
  "lib/clouds/actions.ts#setAccountStatusAction": "may host.manage",
  "lib/clouds/actions.ts#removeAccountAction": "may host.manage",
  "lib/clouds/actions.ts#checkAccountAction": "may host.manage",
  "lib/clouds/actions.ts#regionsOfAccountAction": "may host.manage",
  "lib/clouds/actions.ts#addRegionAction": "may host.manage",
  "lib/clouds/actions.ts#editRegionAction": "may host.manage",
  "lib/clouds/actions.ts#removeRegionAction": "may host.manage",
  "lib/clouds/actions.ts#moreResourcesAction": "may host.manage",
  "lib/clouds/actions.ts#deleteResourceAction": "may host.manage",
  "lib/clouds/actions.ts#moreFindingsAction": "may host.manage",
  "lib/clouds/actions.ts#catalogueAction": "may template.edit",
  "lib/clouds/actions.ts#cloudPriceAction": "may template.edit",
  "lib/clouds/actions.ts#typePricesAction": "may template.edit",
  // Of their own instance whoever may template.edit; here a student's is asked for.
  "lib/clouds/actions.ts#freezeImageAction": "may workspace.any",

  "lib/hosts/actions.ts#setHostStatusAction": "may host.manage",
  "lib/jobs/actions.ts#loadRunsAction": "may job.view",
  "lib/jobs/actions.ts#countFailedAction": "may job.view",
  "lib/jobs/actions.ts#retryRunAction": "may job.manage",
  "lib/jobs/actions.ts#cancelRunAction": "may job.manage",
  "lib/jobs/actions.ts#replayFailedAction": "may job.manage",
} satisfies Record<string, Relation>;
