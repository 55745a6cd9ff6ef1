"use server";

import { userAction } from "@/lib/accounts";
import { listSpending } from "./report";
import { allowInput, endAllowInput, removeBudgetInput, setBudgetInput, spendingInput } from "./schema";
import { allowOverBudget, endAllowance, removeBudget, setBudget } from "./set-budget";

export const moreSpendingAction = userAction(spendingInput, listSpending);
export const setBudgetAction = userAction(setBudgetInput, setBudget);
export const removeBudgetAction = userAction(removeBudgetInput, removeBudget);
export const allowOverBudgetAction = userAction(allowInput, allowOverBudget);
export const endAllowanceAction = userAction(endAllowInput, endAllowance);
