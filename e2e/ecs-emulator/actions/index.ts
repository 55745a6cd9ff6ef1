import type { Action } from "./call";
import { instanceLists } from "./describe-instances";
import { instanceActions } from "./instances";
import { priceActions } from "./prices";
import { runInstances } from "./run-instances";

/** Every action that this cloud knows. */
export const actions: Record<string, Action> = {
  RunInstances: runInstances,
  ...instanceActions,
  ...instanceLists,
  ...priceActions,
};
