"use server";

import { userAction } from "@/lib/accounts";
import { agreeToRecording } from "./consent";
import { consentInput } from "./schema";

export const agreeToRecordingAction = userAction(consentInput, agreeToRecording);
