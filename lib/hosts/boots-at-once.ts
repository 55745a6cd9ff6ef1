import { env } from "@/lib/platform/env";

/**
 * How many workspaces a host boots at a time: one a core, and one more that waits for disk and engine while
 * those compute. More would make the first ones later and the last no earlier.
 */
export const bootsAtOnce = (host: { name: string; cpus: number }): number =>
  (host.name === "local" ? env().HOST_BOOTS : undefined) ?? Math.max(1, host.cpus) + 1;
