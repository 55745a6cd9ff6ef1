"use server";

import { userAction } from "@/lib/accounts";
import { addWarmPlan } from "./add-plan";
import { removeWarmPlan } from "./remove-plan";
import { addWarmPlanInput, removeWarmPlanInput } from "./schema";

export const addWarmPlanAction = userAction(addWarmPlanInput, addWarmPlan);
export const removeWarmPlanAction = userAction(removeWarmPlanInput, removeWarmPlan);
