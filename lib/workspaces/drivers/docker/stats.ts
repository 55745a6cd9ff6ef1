import type Docker from "dockerode";
import { notFound } from "@/lib/platform/errors";
import type { Stats, WorkspaceRef } from "../driver";
import { orMissing, withEngine } from "./connection";
import { containerName } from "./names";

type Sample = { used: number; at: number };

// A difference needs an earlier sample; a lost one costs a single blank figure.
const samples = new Map<string, Sample>();
const oldest = 10 * 60_000;

function cpuPercent(id: string, used: number, at: number): number {
  const before = samples.get(id);
  for (const [key, sample] of samples) if (at - sample.at > oldest) samples.delete(key);
  samples.set(id, { used, at });
  if (!before || at <= before.at || used < before.used) return 0;
  return ((used - before.used) / 1e6 / (at - before.at)) * 100;
}

/** What the container uses now; CPU since the last call, 100 for one whole core. */
export async function stats(workspace: WorkspaceRef): Promise<Stats> {
  const name = containerName(workspace.id);
  const found = await withEngine(workspace.host.endpoint, (docker) =>
    orMissing(
      docker.getContainer(name).stats({ stream: false, "one-shot": true }) as Promise<Docker.ContainerStats>,
    ),
  );
  if (!found) throw notFound("workspace");
  const memory = found.memory_stats;
  // Page cache that can be given back is not what people ask about; v1 and v2 name it differently.
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
  return {
    cpuPercent: cpuPercent(name, found.cpu_stats.cpu_usage?.total_usage ?? 0, performance.now()),
    memoryBytes: Math.max(0, (memory.usage ?? 0) - cache),
    memoryLimitBytes: memory.limit ?? 0,
    processes: found.pids_stats?.current ?? 0,
  };
}
