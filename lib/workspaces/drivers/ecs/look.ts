import { judge } from "../docker/computes";
import { plainLog } from "../docker/logs";
import type { Stats, WorkspaceRef } from "../driver";
import { cloudCtx, knownOf, linkOf } from "./machine";
import { answered, type Link } from "./ssh";

const longest = 256 * 1024;

/** What a short program of the instance prints. */
async function said(link: Link, line: string): Promise<string> {
  const channel = await link.run(line);
  channel.stderr.resume();
  const reading = (async () => {
    let text = "";
    for await (const part of channel) if (text.length < longest) text += String(part);
    return text;
  })();
  return answered(reading, () => channel.destroy());
}

const line = `cat /proc/stat | head -1; sleep 0.2; cat /proc/stat | head -1; getconf _NPROCESSORS_ONLN
awk '/^Mem(Total|Available)/ {print $2}' /proc/meminfo; ls -d /proc/[0-9]* | wc -l`;

/** What the whole instance uses now, over SSH; 100 for one whole core. Throws as `linkOf`. */
export async function stats(workspace: WorkspaceRef): Promise<Stats> {
  const [first = "", second = "", cores, total, available, processes] = (
    await said(await linkOf(workspace.id), line)
  ).split("\n");
  const ticks = (text: string) => text.split(/\s+/).slice(1, 9).map(Number);
  const [before, after] = [ticks(first), ticks(second)];
  const sum = (all: number[]) => all.reduce((left, right) => left + right, 0);
  const idle = (all: number[]) => (all[3] ?? 0) + (all[4] ?? 0);
  const passed = Math.max(1, sum(after) - sum(before));
  const busy = Math.max(0, passed - (idle(after) - idle(before))) / passed;
  const number = (text: string | undefined) => Math.max(0, Number(text) || 0);
  return {
    cpuPercent: busy * 100 * Math.max(1, number(cores)),
    memoryBytes: Math.max(0, number(total) - number(available)) * 1024,
    memoryLimitBytes: number(total) * 1024,
    processes: number(processes),
  };
}

/**
 * Ticks that the account's processes have used, with those of children that they have waited for; how many make a
 * second; and since which boot that is.
 */
const ticks = `for one in /proc/[0-9]*; do [ -O "$one" ] && cat "$one/stat"; done 2>/dev/null |
  awk '{ sub(/^.*\\) /, ""); sum += $12 + $13 + $14 + $15 } END { print sum + 0 }'
getconf CLK_TCK; cat /proc/sys/kernel/random/boot_id`;

/** CPU time in ns that the account's programs have used since the boot of this name; null where it does not say. */
export async function usedTime(link: Link): Promise<{ usedNs: number; boot: string } | null> {
  const [sum, second, boot = ""] = (await said(link, ticks)).split("\n");
  const usedNs = (Number(sum) / Number(second)) * 1e9;
  return Number.isFinite(usedNs) && usedNs >= 0 ? { usedNs, boot: boot.slice(0, 40) } : null;
}

/**
 * Whether the account's programs took a tenth of a core over the last minutes, as of a container; null at the first
 * look. Windows is not asked: nobody computes in it unseen. Throws as `linkOf`.
 */
export async function busy(workspace: WorkspaceRef): Promise<boolean | null> {
  const { spec } = await knownOf(cloudCtx(), workspace.id);
  if (spec.os !== "linux") return false;
  const used = await usedTime(await linkOf(workspace.id));
  return used && judge(`${workspace.id} ${used.boot}`, used.usedNs, performance.now());
}

/** What the desktop of the account printed last; nothing where it cannot be asked. */
export async function logs(workspace: WorkspaceRef, lines: number): Promise<string> {
  const most = Math.min(Math.max(1, Math.floor(lines)), 2_000);
  const link = await linkOf(workspace.id).catch(() => null);
  if (!link) return "";
  return plainLog(await said(link, `tail -n ${most} .xsession-errors 2>/dev/null`));
}
