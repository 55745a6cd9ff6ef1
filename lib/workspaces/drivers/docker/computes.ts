import type { WorkspaceRef } from "../driver";
import { orMissing, withEngine } from "./connection";
import { containerName } from "./names";

/** A tenth of a core over the last minutes: an idle desktop takes a hundredth or two, and a busy host may give no more. */
const busyCores = 0.1;
/** What is looked at: shorter says nothing, longer ago nothing of now. */
const shortestMs = 45_000;
const longestMs = 5 * 60_000;

type Sample = { usedNs: number; at: number };

// A difference needs an earlier sample. A lost one costs a minute: nobody is stopped for it.
const samples = new Map<string, Sample[]>();

/**
 * Whether the programs of a workspace computed, on average, since a look of the last minutes; null at the first look.
 * `used`: CPU time in ns since its start, `at`: ms of a clock that never goes back.
 */
export function judge(name: string, usedNs: number, at: number): boolean | null {
  for (const [key, list] of samples) if (at - (list.at(-1)?.at ?? 0) > 2 * longestMs) samples.delete(key);
  // Less than before: it is another container.
  const before = (samples.get(name) ?? []).filter((one) => at - one.at <= longestMs && one.usedNs <= usedNs);
  samples.set(name, [...before, { usedNs, at }]);
  const first = before.find((one) => at - one.at >= shortestMs);
  if (!first) return null;
  const ran = at - first.at;
  return (usedNs - first.usedNs) / 1e6 >= busyCores * ran;
}

/** The same of a container now; null where nothing runs. */
export async function computes(workspace: WorkspaceRef): Promise<boolean | null> {
  const name = containerName(workspace.id);
  const found = await withEngine(workspace.host.endpoint, (docker) =>
    orMissing(docker.getContainer(name).stats({ stream: false, "one-shot": true })),
  );
  return found ? judge(name, found.cpu_stats.cpu_usage.total_usage, performance.now()) : null;
}
