import { z } from "zod";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { listRuns, runFilter } from "./list-runs";
import { retryRun } from "./retry-run";

const batch = 50;

const replayInput = z.object({
  /** Those that were selected, or all that the filter finds. */
  runs: z.union([
    z.object({ ids: z.array(z.string().length(26)).max(batch) }),
    z.object({
      filter: runFilter.omit({ state: true, retried: true }),
      /** The newest run that was counted: what fails again meanwhile is not taken in. */
      newest: z.string().length(26),
      before: z.string().length(26).optional(),
    }),
  ]),
  from: z.enum(["step", "start"]),
});

export type Replayed = { started: number; passed: number; next: string | null };

/**
 * Retries up to 50 failed runs, each once and each in a transaction of its own; `next` asks for those after
 * them. What somebody else retried in the meantime is passed over.
 */
export async function replayFailed({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof replayInput>;
}): Promise<Replayed> {
  requirePermission(ctx, "job.manage");
  const { runs, from } = replayInput.parse(input);
  let ids: string[];
  let next: string | null = null;
  if ("ids" in runs) ids = runs.ids;
  else {
    const before = runs.before ?? `${runs.newest}~`;
    const found = await listRuns({
      ctx,
      input: { ...runs.filter, state: "failed", retried: false, before, limit: batch },
    });
    ids = found.map((run) => run.id);
    next = found.length === batch ? (ids.at(-1) ?? null) : null;
  }
  let started = 0;
  let passed = 0;
  for (const id of ids) {
    try {
      await retryRun({ ctx, input: { id, from } });
      started++;
    } catch (error) {
      if (!["conflict", "not_found"].includes(toAppError(error).code)) throw error;
      passed++;
    }
  }
  return { started, passed, next };
}
