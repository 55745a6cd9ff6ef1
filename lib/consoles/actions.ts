"use server";

import { userAction } from "@/lib/accounts";
import { consentInput } from "@/lib/recordings";
import { pauseConsole, pauseConsoles, resumeConsole, resumeConsoles } from "./pause";
import { pauseInput, pauseManyInput } from "./schema";
import { withdrawRecordingConsent } from "./withdraw-consent";

export const pauseWorkspaceAction = userAction(pauseInput, pauseConsole);
export const resumeWorkspaceAction = userAction(pauseInput, resumeConsole);
export const pauseWorkspacesAction = userAction(pauseManyInput, pauseConsoles);
export const resumeWorkspacesAction = userAction(pauseManyInput, resumeConsoles);
export const withdrawConsentAction = userAction(consentInput, withdrawRecordingConsent);
