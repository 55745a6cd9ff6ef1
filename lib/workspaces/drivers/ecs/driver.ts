import { unavailable } from "@/lib/platform/errors";
import { dockerDriver } from "../docker/driver";
import type { Driver } from "../driver";

const notYet = (): never => {
  throw unavailable("hostError");
};

/** Instances of a cloud; their students' homes lie on a Docker host, and are brought there and back. */
export const ecsDriver: Driver = {
  ...dockerDriver,
  kind: "ecs",
  prepareHost: notYet,
  checkImage: notYet,
  ensure: notYet,
  observe: notYet,
  probe: notYet,
  list: notYet,
  destroy: notYet,
};
