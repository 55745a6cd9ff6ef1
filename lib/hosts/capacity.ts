import { env } from "@/lib/platform/env";
import type { HostFacts } from "@/lib/workspaces/drivers";

/** What the system, the service and the engine keep for themselves. */
const systemMemoryMb = 2_048;
const systemDiskMb = 10_240;

/** What workspaces may reserve on the first host: the operator's word, or what there is less a margin. */
export function localCapacity(facts: Pick<HostFacts, "memoryMb" | "diskMb">): {
  memoryMb: number;
  diskMb: number;
} {
  return {
    memoryMb: env().HOST_MEMORY_MB ?? Math.max(512, facts.memoryMb - systemMemoryMb),
    diskMb: env().HOST_DISK_MB ?? Math.max(512, facts.diskMb - systemDiskMb),
  };
}
