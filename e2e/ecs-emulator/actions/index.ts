import type { Action } from "./call";
import { commandActions } from "./commands";
import { instanceLists } from "./describe-instances";
import { diskActions } from "./disks";
import { eipActions } from "./eips";
import { imageActions } from "./images";
import { instanceActions } from "./instances";
import { placeActions } from "./places";
import { priceActions } from "./prices";
import { runInstances } from "./run-instances";
import { snapshotActions } from "./snapshots";
import { tagActions } from "./tags";
import { templateActions } from "./templates";

/** Every action that this cloud knows. */
export const actions: Record<string, Action> = {
  RunInstances: runInstances,
  ...instanceActions,
  ...instanceLists,
  ...diskActions,
  ...imageActions,
  ...snapshotActions,
  ...eipActions,
  ...tagActions,
  ...commandActions,
  ...templateActions,
  ...priceActions,
  ...placeActions,
};
