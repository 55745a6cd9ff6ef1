import { env } from "@/lib/platform/env";
import { benchDriver } from "./bench";
import { dockerDriver } from "./docker/driver";
import type { Driver } from "./driver";
import { ecsDriver } from "./ecs/driver";

export type {
  Agent,
  Changed,
  Collected,
  CollectLimits,
  Driver,
  Guacd,
  HomeChange,
  HomeEntry,
  HomeFile,
  HomeListing,
  HomeRef,
  HostFacts,
  OnConflict,
  Packed,
  Shell,
  ShellWish,
  Stats,
  WorkspaceRef,
  Written,
} from "./driver";

const drivers: Record<Driver["kind"], Driver> = { docker: dockerDriver, ecs: ecsDriver };

/** The code that speaks to hosts of this kind. */
export const driverFor = (kind: Driver["kind"]): Driver => (env().BENCH ? benchDriver : drivers[kind]);
