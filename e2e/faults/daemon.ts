import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is there; throws with what was waited for. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false | null> | T | undefined | false | null,
  ms: number,
  everyMs = 100,
): Promise<T> {
  const end = performance.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`${what} did not come within ${ms} ms`, { cause: last });
    await wait(everyMs);
  }
}

export const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** The same where it may fail: undefined then. */
export function tryRun(command: string, ...args: string[]): string | undefined {
  try {
    return run(command, ...args);
  } catch {
    return undefined;
  }
}

/** Processes whose command line names this; never this one or its parents. */
export function processesNaming(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && Number(name) !== process.ppid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** A server that a test starts, freezes and kills. */
export class Daemon {
  private child: ChildProcess | null = null;

  constructor(
    private readonly log: string,
    private readonly command: () => [string, ...string[]],
    private readonly answers: () => Promise<boolean> | boolean,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  async start(): Promise<void> {
    this.launch();
    await until(`an answer of ${this.command()[0]}`, () => this.answers(), 60_000);
  }

  launch(): void {
    const [command, ...args] = this.command();
    const out = openSync(this.log, "a");
    this.child = spawn(command, args, { stdio: ["ignore", out, out], detached: true });
  }

  /** SIGSTOP and SIGCONT are not waited for. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    process.kill(child.pid, signal);
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") await gone;
  }

  async restart(): Promise<void> {
    await this.signal("SIGKILL");
    await this.start();
  }
}
