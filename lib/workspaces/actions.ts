"use server";

import { userAction } from "@/lib/accounts";
import { stay } from "./idle";
import { interruptKernel, kernelInput, restartKernel } from "./kernels";
import { restartWorkspaces, stopWorkspaces } from "./many";
import { listRunning } from "./queries";
import { sweepNow, sweepNowInput } from "./region";
import { runningPageInput, workspaceInput, workspacesInput } from "./schema";
import { restartWorkspace, stopWorkspace } from "./stop";

export const stopWorkspaceAction = userAction(workspaceInput, stopWorkspace);
export const restartWorkspaceAction = userAction(workspaceInput, restartWorkspace);
export const stopWorkspacesAction = userAction(workspacesInput, stopWorkspaces);
export const restartWorkspacesAction = userAction(workspacesInput, restartWorkspaces);
export const loadRunningAction = userAction(runningPageInput, listRunning);
export const stayAction = userAction(workspaceInput, stay);
export const restartKernelAction = userAction(kernelInput, restartKernel);
export const interruptKernelAction = userAction(kernelInput, interruptKernel);
export const sweepNowAction = userAction(sweepNowInput, sweepNow);
