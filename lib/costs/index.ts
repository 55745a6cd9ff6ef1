// What the clouds cost, whom it is for, and what a course may spend. Knows no driver and no cloud: prices are given.
export { refuseOverBudget, withinBudget } from "./budget";
export { meterResource, meterWorkspace } from "./meter";
export { type PriceOf, quotePrice } from "./quote";
export { allowOverBudget, endAllowance, removeBudget, setBudget } from "./set-budget";
export { sweepBudgets } from "./warn";
