import { env } from "@/lib/platform/env";

/**
 * How many workspaces a host boots at a time: one a core, and one more that waits for disk and engine while
 * those compute. More would make the first ones later and the last no earlier.
 */
export const bootsAtOnce = (host: { name: string; driver: "docker" | "ecs"; cpus: number }): number => {
  // A cloud boots as many as it lets us ask for: the budget of its calls sees to the rest.
  if (host.driver === "ecs") return Number.POSITIVE_INFINITY;
  return (host.name === "local" ? env().HOST_BOOTS : undefined) ?? Math.max(1, host.cpus) + 1;
};
