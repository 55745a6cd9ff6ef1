import type { z } from "zod";
import type { Ctx } from "@/lib/platform/context";
import {
  type EachResult,
  pauseWorkspace,
  pauseWorkspaces,
  resumeWorkspace,
  resumeWorkspaces,
} from "@/lib/workspaces";
import type { workspaceInput, workspacesInput } from "@/lib/workspaces/schema";
import { recallWorkspaces, silenceWorkspaces } from "./grants";

type One = { ctx: Ctx; input: z.infer<typeof workspaceInput> };
type Many = { ctx: Ctx; input: z.infer<typeof workspacesInput> };

/** Pauses a workspace, and refuses what asks for it from this moment on instead of letting it wait. */
export async function pauseConsole(args: One): Promise<{ paused: boolean }> {
  const result = await pauseWorkspace(args);
  if (result.paused) silenceWorkspaces([args.input.workspaceId]);
  return result;
}

export async function pauseConsoles(args: Many): Promise<EachResult> {
  const result = await pauseWorkspaces(args);
  silenceWorkspaces(result.done);
  return result;
}

/** Resumes a workspace; its page comes back with the next request, not after the grant's five seconds. */
export async function resumeConsole(args: One): Promise<{ resumed: boolean }> {
  const result = await resumeWorkspace(args);
  recallWorkspaces([args.input.workspaceId]);
  return result;
}

export async function resumeConsoles(args: Many): Promise<EachResult> {
  const result = await resumeWorkspaces(args);
  recallWorkspaces(result.done);
  return result;
}
