import type { WorkspaceState } from "@/db/schema/workspaces";

/** What a list says of a student and a task: the running workspace's state, else where the attempt is. */
export type TaskStatus = WorkspaceState | "notOpen" | "notStarted" | "ended" | "closed" | "used";

/** What the one button does. `start`: a new attempt, `resume`: the open one again, `enter`: what runs. */
export type TaskAction = "start" | "resume" | "enter" | "none";

type Input = {
  now: Date;
  window: { opensAt: Date | null; closesAt: Date | null };
  maxAttempts: number | null;
  used: number;
  open: { deadlineAt: Date | null; workspace: { state: WorkspaceState } | null } | null;
};

/** The one place that decides what a student sees of a task and may press; the server decides again. */
export function taskStatus({ now, window, maxAttempts, used, open }: Input): {
  status: TaskStatus;
  action: TaskAction;
} {
  const state = open?.workspace?.state;
  if (open && state && state !== "stopped" && state !== "failed") {
    return { status: state, action: state === "stopping" ? "resume" : "enter" };
  }
  if (open) {
    const over = open.deadlineAt !== null && now >= open.deadlineAt;
    return { status: state ?? "stopped", action: over ? "none" : "resume" };
  }
  if (window.opensAt && now < window.opensAt) return { status: "notOpen", action: "none" };
  const attemptsLeft = maxAttempts === null || used < maxAttempts;
  if (window.closesAt && now >= window.closesAt) {
    return { status: used > 0 ? "ended" : "closed", action: "none" };
  }
  if (!attemptsLeft) return { status: "used", action: "none" };
  return { status: used > 0 ? "ended" : "notStarted", action: "start" };
}

/** The chips over a student's list. */
export const statusGroups = ["running", "todo", "later", "done"] as const;
export type StatusGroup = (typeof statusGroups)[number];

/** `running`: an attempt is open; `todo`: can be started; `later`: not open yet; `done`: nothing left to start. */
export function groupOf({ status, action }: { status: TaskStatus; action: TaskAction }): StatusGroup {
  if (status === "notOpen") return "later";
  if (action === "enter" || action === "resume") return "running";
  return action === "start" ? "todo" : "done";
}
