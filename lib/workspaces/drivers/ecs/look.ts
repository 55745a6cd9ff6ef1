import { plainLog } from "../docker/logs";
import type { Stats, WorkspaceRef } from "../driver";
import { linkOf } from "./machine";
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

/** What the desktop of the account printed last; nothing where it cannot be asked. */
export async function logs(workspace: WorkspaceRef, lines: number): Promise<string> {
  const most = Math.min(Math.max(1, Math.floor(lines)), 2_000);
  const link = await linkOf(workspace.id).catch(() => null);
  if (!link) return "";
  return plainLog(await said(link, `tail -n ${most} .xsession-errors 2>/dev/null`));
}
