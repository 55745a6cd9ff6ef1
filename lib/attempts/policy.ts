import type { Actor } from "@/lib/platform/context";
import type { StaffRole } from "@/lib/workspaces";

export type AttemptAction =
  | "see"
  | "end"
  | "extendSelf"
  | "extendAny"
  | "files"
  | "changeFiles"
  | "collected"
  | "reset"
  | "recordings";

/** Who may do what to one attempt: its owner, staff of its course, administrators of running things. */
export function can(
  actor: Actor,
  action: AttemptAction,
  subject: { userId: string; staff: StaffRole },
): boolean {
  if (actor.type === "system") return true;
  if (actor.type !== "user") return false;
  const owner = subject.userId === actor.id && actor.permissions.has("attempt.own");
  if (action === "extendSelf" || action === "changeFiles") return owner;
  if (action === "extendAny") return subject.staff !== null;
  if (action === "end" || action === "see")
    return owner || subject.staff !== null || actor.permissions.has("workspace.any");
  return owner || subject.staff !== null;
}
