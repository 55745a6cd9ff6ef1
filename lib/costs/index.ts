// What the clouds cost, whom it is for, and what a course may spend. Knows no driver and no cloud: prices are given.
export { affords, hasBudget, refuseOverBudget, withinBudget } from "./budget";
export { dayOf } from "./day";
export { exportCosts } from "./export";
export { forecastExperiment } from "./forecast";
export { loadCosts } from "./load";
export { meterResource, meterWorkspace } from "./meter";
export { type PriceOf, quotePrice } from "./quote";
export { costsNow, dailySpending, listSpending, nameOfScope, totalSpending } from "./report";
export { allowOverBudget, endAllowance, removeBudget, setBudget } from "./set-budget";
export { budgetState, budgetsOf, costsOfAttempts, courseBudget } from "./state";
export { sweepBudgets } from "./warn";
