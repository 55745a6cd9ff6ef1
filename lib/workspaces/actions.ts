"use server";

import { userAction } from "@/lib/accounts";
import { stay, stayInput } from "./idle";
import { interruptKernel, kernelInput, restartKernel } from "./kernels";
import { restartWorkspaces, stopWorkspaces } from "./many";
import { listRunning } from "./queries";
import { sweepNow, sweepNowInput } from "./region";
import { manyInput, runningPageInput } from "./schema";
import { restartWorkspace, stopWorkspace, stopWorkspaceInput } from "./stop";

export const stopWorkspaceAction = userAction(stopWorkspaceInput, stopWorkspace);
export const restartWorkspaceAction = userAction(stopWorkspaceInput, restartWorkspace);
export const stopWorkspacesAction = userAction(manyInput, stopWorkspaces);
export const restartWorkspacesAction = userAction(manyInput, restartWorkspaces);
export const loadRunningAction = userAction(runningPageInput, listRunning);
export const stayAction = userAction(stayInput, stay);
export const restartKernelAction = userAction(kernelInput, restartKernel);
export const interruptKernelAction = userAction(kernelInput, interruptKernel);
export const sweepNowAction = userAction(sweepNowInput, sweepNow);
