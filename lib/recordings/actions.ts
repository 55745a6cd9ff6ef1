"use server";

import { userAction } from "@/lib/accounts";
import { workspaceInput } from "@/lib/workspaces/schema";
import { agreeToRecording } from "./consent";

export const agreeToRecordingAction = userAction(workspaceInput, agreeToRecording);
