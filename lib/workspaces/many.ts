import type { z } from "zod";
import type { Ctx } from "@/lib/platform/context";
import { type EachResult, forEach } from "./each";
import { pauseWorkspace } from "./pause";
import { resumeWorkspace } from "./resume";
import { workspacesInput } from "./schema";
import { restartWorkspace, stopWorkspace } from "./stop";

type Args = { ctx: Ctx; input: z.input<typeof workspacesInput> };

/** Stops many workspaces; each is authorized and recorded on its own. */
export async function stopWorkspaces({ ctx, input }: Args): Promise<EachResult> {
  const { workspaceIds } = workspacesInput.parse(input);
  return forEach(ctx, workspaceIds, (workspaceId) => stopWorkspace({ ctx, input: { workspaceId } }));
}

/** Stops many workspaces and starts the next one of each on the same home. */
export async function restartWorkspaces({ ctx, input }: Args): Promise<EachResult> {
  const { workspaceIds } = workspacesInput.parse(input);
  return forEach(ctx, workspaceIds, (workspaceId) => restartWorkspace({ ctx, input: { workspaceId } }));
}

/** Freezes many workspaces; those that do not run are refused one by one. */
export async function pauseWorkspaces({ ctx, input }: Args): Promise<EachResult> {
  const { workspaceIds } = workspacesInput.parse(input);
  return forEach(ctx, workspaceIds, (workspaceId) => pauseWorkspace({ ctx, input: { workspaceId } }));
}

export async function resumeWorkspaces({ ctx, input }: Args): Promise<EachResult> {
  const { workspaceIds } = workspacesInput.parse(input);
  return forEach(ctx, workspaceIds, (workspaceId) => resumeWorkspace({ ctx, input: { workspaceId } }));
}
