import { readdirSync } from "node:fs";
import { guacdName } from "@/lib/workspaces/drivers/docker/names";
import { engine } from "../containers";

/** The pids of guacd as this machine has them: the one that listens, and one for each desktop that is open. */
export async function guacdProcesses(): Promise<{ parent: number; children: number[] }> {
  const { Processes } = await engine().getContainer(guacdName()).top({ ps_args: "-eo pid,ppid,comm" });
  const all = (Processes as string[][])
    .filter(([, , name]) => name === "guacd")
    .map(([pid, ppid]) => ({ pid: Number(pid), ppid: Number(ppid) }));
  const parent = all.find(({ ppid }) => !all.some(({ pid }) => pid === ppid))?.pid ?? 0;
  return { parent, children: all.filter(({ ppid }) => ppid === parent).map(({ pid }) => pid) };
}

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** How many files a process has open. */
export const openFiles = (pid: number | "self"): number => readdirSync(`/proc/${pid}/fd`).length;
