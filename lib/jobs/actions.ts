"use server";

import { userAction } from "@/lib/accounts";
import { cancelInput, cancelRun, retryInput, retryRun } from "@/lib/executor";
import { countFailedJobs, jobFilter, jobPage, listJobs } from "./queries";
import { replayJobs, replayJobsInput } from "./replay";

export const loadRunsAction = userAction(jobPage, listJobs);
export const countFailedAction = userAction(jobFilter, countFailedJobs);
export const retryRunAction = userAction(retryInput, retryRun);
export const cancelRunAction = userAction(cancelInput, cancelRun);
export const replayFailedAction = userAction(replayJobsInput, replayJobs);
