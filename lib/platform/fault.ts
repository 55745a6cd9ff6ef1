import { readFileSync, rmSync } from "node:fs";
import { env } from "./env";

/** Between two effects that a crash must not tear apart; each is a row of the fault matrix. */
export type FaultPoint =
  | "before_create"
  | "before_start"
  | "after_create"
  | "mid_stop"
  | "before_final"
  | "mid_collect"
  | "before_collected";

/**
 * Where a test of faults ends (or freezes) this process as a power cut would: once, when the file named by
 * FAULT says `<point> <signal>`. Anywhere else it does nothing.
 */
export function faultPoint(point: FaultPoint): void {
  const file = env().FAULT;
  if (!file) return;
  let armed: string;
  try {
    armed = readFileSync(file, "utf8").trim();
  } catch {
    return;
  }
  const [name, signal] = armed.split(" ");
  if (name !== point) return;
  rmSync(file, { force: true });
  process.kill(process.pid, signal === "SIGSTOP" ? "SIGSTOP" : "SIGKILL");
}
