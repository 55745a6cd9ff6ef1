import { unavailable } from "@/lib/platform/errors";
import type { Agent, WorkspaceRef } from "../driver";

export async function agent(_workspace: WorkspaceRef): Promise<Agent> {
  throw unavailable("hostError", new Error("not yet"));
}
