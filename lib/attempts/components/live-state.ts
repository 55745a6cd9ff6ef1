import type { WorkspaceState } from "@/db/schema/workspaces";
import type { LiveRow } from "../queries";

/** What a class is counted and filtered by. */
export const liveGroups = ["running", "starting", "queued", "stopped", "failed", "ended", "none"] as const;
export type LiveGroup = (typeof liveGroups)[number];

const byState: Record<WorkspaceState, LiveGroup> = {
  requested: "queued",
  queued: "queued",
  provisioning: "starting",
  booting: "starting",
  ready: "running",
  paused: "running",
  stopping: "stopped",
  stopped: "stopped",
  failed: "failed",
};

type Row = {
  attempt: Pick<NonNullable<LiveRow["attempt"]>, "state"> | null;
  workspace: { state: WorkspaceState } | null;
};

/** Where a student is: what runs, else whether the attempt is over, else nothing yet. */
export function liveGroupOf({ attempt, workspace }: Row): LiveGroup {
  if (!attempt) return "none";
  if (attempt.state === "ended") return "ended";
  return workspace ? byState[workspace.state] : "stopped";
}

/** Whether stop and restart mean anything. */
export const isRunning = ({ workspace }: Row): boolean =>
  workspace !== null && !["stopping", "stopped", "failed"].includes(workspace.state);
