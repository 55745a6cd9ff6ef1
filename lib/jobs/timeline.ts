import type { Job } from "./queries";

export type Lane = {
  key: string;
  name: string;
  kind: "queue" | "run" | "wait";
  state: "planned" | "waiting" | "done" | "failed";
  from: Date;
  /** Null: it goes on. */
  to: Date | null;
  attempts: number;
  /** When an attempt of it went wrong. */
  failures: Date[];
};

const waits = new Set(["Sleep", "WaitForEvent", "InvokeFunction"]);

/** When the last step was done before this: what failed then began after it. */
function lastBefore({ steps }: Pick<Job, "steps">, at: Date): Date | undefined {
  const ends = steps.flatMap(({ endedAt }) => (endedAt && endedAt <= at ? [endedAt.getTime()] : []));
  return ends.length > 0 ? new Date(Math.max(...ends)) : undefined;
}

/**
 * A run as lanes in time, one a step, in the order in which they began; those that overlap ran side by side. A
 * step that nobody planned ahead is written down when it is done: it began as long before as its call took.
 */
export function lanesOf(
  run: Pick<Job, "createdAt" | "startedAt" | "endedAt" | "steps" | "attempts">,
): Lane[] {
  const steps = run.steps.map((step): Lane => {
    const took =
      step.tookMs === null || !step.endedAt ? null : new Date(step.endedAt.getTime() - step.tookMs);
    const planned = step.createdAt.getTime() !== step.endedAt?.getTime();
    const wait = waits.has(step.op);
    return {
      key: step.stepId,
      name: step.name,
      kind: wait ? "wait" : "run",
      state: step.state,
      from: (wait || step.attempts > 1 ? (planned ? step.createdAt : took) : took) ?? step.createdAt,
      to: step.endedAt ?? run.endedAt,
      attempts: step.attempts,
      failures: run.attempts.filter((attempt) => attempt.stepId === step.stepId).map(({ at }) => at),
    };
  });
  const queue: Lane = {
    key: "queue",
    name: "",
    kind: "queue",
    state: run.startedAt ? "done" : "waiting",
    from: run.createdAt,
    to: run.startedAt ?? run.endedAt,
    attempts: 0,
    failures: [],
  };
  // A step that never came to an end has no row: its failed attempts still belong somewhere.
  const known = new Set(run.steps.map((step) => step.stepId));
  const lost = run.attempts.filter((attempt) => !known.has(attempt.stepId));
  const first = lost[0];
  const body: Lane[] = first
    ? [
        {
          key: "function",
          name: "",
          kind: "run",
          state: run.endedAt ? "failed" : "planned",
          from: lastBefore(run, first.at) ?? run.startedAt ?? first.at,
          to: run.endedAt,
          attempts: lost.length,
          failures: lost.map(({ at }) => at),
        },
      ]
    : [];
  return [queue, ...[...steps, ...body].sort((a, b) => a.from.getTime() - b.from.getTime())];
}
