"use server";

import { userAction } from "@/lib/accounts";
import { workspaceInput } from "@/lib/workspaces/schema";
import { answerControl, askControl, endControl } from "./control";
import { endWatch } from "./end";
import { answerInput, watchInput } from "./schema";
import { startWatch } from "./start";
import { beatWatch } from "./sweep";

export const startWatchAction = userAction(workspaceInput, startWatch);
export const beatWatchAction = userAction(watchInput, beatWatch);
export const endWatchAction = userAction(watchInput, endWatch);
export const askControlAction = userAction(watchInput, askControl);
export const endControlAction = userAction(watchInput, endControl);
export const answerControlAction = userAction(answerInput, answerControl);
