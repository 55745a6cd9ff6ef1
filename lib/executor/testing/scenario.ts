import type { Inngest, InngestFunction } from "inngest";

/** What a scenario does to the outside: sends events and lets time pass. */
type Player = {
  send(name: string, data?: Record<string, unknown>, id?: string): Promise<unknown>;
  /** Everything due is worked off, then so many milliseconds pass, and again. */
  pass(ms?: number): Promise<void>;
  /** The time in so many minutes, as text. */
  inMinutes(count: number): string;
};

type End = { state: string; output?: unknown };

/** So many minutes for a function. On a server whose clock nobody can move, a minute is a second long. */
type Minutes = (count: number) => `${number}m` | `${number}s`;

/**
 * One behaviour that every executor must show: functions, events, effects in order, and how each run ends.
 * The list is run in process and through Next on a clock that is moved, and against a real server.
 */
export type Scenario = {
  name: string;
  functions(client: Inngest, note: (effect: string) => void, minutes: Minutes): InngestFunction.Any[];
  play(player: Player): Promise<void>;
  effects: string[];
  /** Effects of parallel steps have no order. */
  unordered?: boolean;
  /** Effects are noted at every call of the function: how often does not count. */
  repeats?: boolean;
  /** Why it cannot be asked of a server that is not ours. */
  ownOnly?: string;
  runs: Record<string, End[]>;
};

/** What onFailure gets, as far as it is used here; the SDK cannot infer it before the function exists. */
export type FailureContext = {
  error: Error;
  event: { data: { event: { data: { id: string } } } };
  step: { run(name: string, work: () => void): Promise<unknown> };
};

export const minute = 60_000;
export const hour = 60 * minute;
