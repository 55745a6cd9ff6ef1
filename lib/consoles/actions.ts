"use server";

import { userAction } from "@/lib/accounts";
import { workspaceInput, workspacesInput } from "@/lib/workspaces/schema";
import { pauseConsole, pauseConsoles, resumeConsole, resumeConsoles } from "./pause";
import { withdrawRecordingConsent } from "./withdraw-consent";

export const pauseWorkspaceAction = userAction(workspaceInput, pauseConsole);
export const resumeWorkspaceAction = userAction(workspaceInput, resumeConsole);
export const pauseWorkspacesAction = userAction(workspacesInput, pauseConsoles);
export const resumeWorkspacesAction = userAction(workspacesInput, resumeConsoles);
export const withdrawConsentAction = userAction(workspaceInput, withdrawRecordingConsent);
