import { createHash } from "node:crypto";
import type Docker from "dockerode";
import { env } from "@/lib/platform/env";
import { AppError, unavailable } from "@/lib/platform/errors";
import { orMissing, statusOf } from "./connection";
import { label, networkName } from "./names";

type Egress = "none" | "internet";
/** Networks of desktop gateways are no workspace's: deploy/firewall.sh lets them reach desktops, and nobody them. */
type Network = Egress | "guacd" | "drives";

/**
 * Which quarter of the pool a network lies in (deploy/firewall.sh matches by these), which part of its block it has,
 * and how large that is. Gateways share the last quarter: one for all, and those that each show one home as a drive.
 */
const place: Record<Network, { quarter: number; from: number; bits: number }> = {
  none: { quarter: 0, from: 0, bits: 22 },
  internet: { quarter: 128, from: 0, bits: 22 },
  guacd: { quarter: 192, from: 0, bits: 29 },
  drives: { quarter: 192, from: 2, bits: 23 },
};

/** Blocks of a quarter: a /22, about a thousand workspaces, for each installation on the same engine. */
const blocks = 16;

/** The subnets that an installation tries, in order: its own by hash first, then the others. */
export function subnetsFor(pool: string, deploy: string, mode: Network): string[] {
  const [, head] = /^(\d{1,3}\.\d{1,3})\.0\.0\/16$/.exec(pool) ?? [];
  if (!head) throw new AppError("internal", "internal", {}, { cause: new Error(`WORKSPACE_POOL ${pool}`) });
  const first = createHash("sha256").update(deploy).digest().readUInt8(0) % blocks;
  const { quarter, from, bits } = place[mode];
  return Array.from({ length: blocks }, (_, step) => {
    const third = quarter + ((first + step) % blocks) * 4 + from;
    return `${head}.${third}.0/${bits}`;
  });
}

const isTaken = (error: unknown): boolean =>
  /overlap|in use by|conflicts with network/i.test(error instanceof Error ? error.message : "");

/**
 * The network of this name. An engine lets two callers that ask at the same moment make a name twice, after
 * which nothing can use it: whoever sees both keeps the older one.
 */
async function onlyNetwork(docker: Docker, name: string): Promise<Docker.NetworkInspectInfo | undefined> {
  const all = await docker.listNetworks({ filters: { name: [name] } });
  const age = (network: Docker.NetworkInspectInfo) => `${network.Created} ${network.Id}`;
  const [oldest, ...doubles] = all
    .filter((network) => network.Name === name)
    .sort((left, right) => (age(left) < age(right) ? -1 : 1));
  for (const { Id, Labels } of doubles) {
    if (Labels?.[label.deploy] === env().DEPLOY_ID) await orMissing(docker.getNetwork(Id).remove());
  }
  return oldest;
}

/** One bridge a network: neighbours off, no IPv6, no way out at all for `none`. */
export async function ensureNetwork(docker: Docker, mode: Network, tries = 3): Promise<void> {
  const name = networkName(mode);
  const found = await onlyNetwork(docker, name);
  if (found) {
    if (found.Labels?.[label.deploy] === env().DEPLOY_ID) return;
    throw unavailable("hostError", new Error(`network ${name} is not ours`));
  }
  for (const subnet of subnetsFor(env().WORKSPACE_POOL, env().DEPLOY_ID, mode)) {
    try {
      await docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: "bridge",
        Internal: mode === "none",
        EnableIPv6: false,
        IPAM: { Driver: "default", Config: [{ Subnet: subnet }] },
        Labels: { [label.deploy]: env().DEPLOY_ID, [label.purpose]: "network" },
        Options: {
          "com.docker.network.bridge.enable_icc": "false",
          "com.docker.network.bridge.enable_ip_masquerade": mode === "internet" ? "true" : "false",
        },
      });
      await onlyNetwork(docker, name);
      return;
    } catch (error) {
      // Another process of ours made it meanwhile.
      if (statusOf(error) === 409) return;
      if (!isTaken(error)) throw error;
      if (await onlyNetwork(docker, name)) return;
    }
  }
  // Copies that ask at once keep subnets from each other for a moment, and one of them has made it then.
  if (tries > 1) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return ensureNetwork(docker, mode, tries - 1);
  }
  throw unavailable("hostError", new Error(`no free subnet for ${name} in ${env().WORKSPACE_POOL}`));
}
