import type { Actor } from "@/lib/platform/context";

export type StaffRole = "teacher" | "assistant" | null;

/** What the rules need to know of a workspace or attempt: whose it is, and what the actor is in its course. */
export type Subject = { userId: string | null; staff: StaffRole };

export type WorkspaceAction =
  | "see"
  | "use"
  | "stop"
  | "pause"
  | "kernels"
  | "logs"
  /** Look at what its owner does, and with consent do it with them. */
  | "watch"
  | "replay";

/** Who may do what to one workspace. Only its owner works in it; staff of its course watch over it. */
export function can(actor: Actor, action: WorkspaceAction, subject: Subject): boolean {
  if (actor.type === "system") return true;
  if (actor.type !== "user") return false;
  const owner = subject.userId === actor.id && actor.permissions.has("attempt.own");
  if (action === "use") return owner;
  // The person is in the picture: for who teaches them, not for who looks after the machines.
  if (action === "watch") return subject.staff !== null && subject.userId !== actor.id;
  // What it is busy with names files, a recording shows them: not for who only looks after the machines.
  if (action === "kernels" || action === "replay") return owner || subject.staff !== null;
  return owner || subject.staff !== null || actor.permissions.has("workspace.any");
}
