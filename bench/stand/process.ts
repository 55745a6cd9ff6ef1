import { type ChildProcess, execFile, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

export const run = promisify(execFile);

/** A module of the bench in a process of its own; the first thing that it says is its port. */
export async function forked(
  module: string,
  { env = {}, execArgv = [] }: { env?: Record<string, string>; execArgv?: string[] } = {},
): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL(module, import.meta.url), { execArgv, env: { ...process.env, ...env } });
  const [port] = (await once(child, "message")) as [number];
  return { child, port };
}

/** Resident memory of a process in MB. */
export const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

export async function answers(url: string, patienceMs = 20_000): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await fetch(url).catch(() => null))) {
    if (performance.now() > until) throw new Error(`${url} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
