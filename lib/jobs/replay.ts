import { z } from "zod";
import { replayFailed } from "@/lib/executor";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { jobFilter, runFilterOf } from "./queries";

export const replayJobsInput = z.object({
  from: z.enum(["step", "start"]),
  runs: z.union([
    z.object({ ids: z.array(z.string().length(26)).max(50) }),
    z.object({
      filter: jobFilter.omit({ state: true, retried: true }),
      newest: z.string().length(26),
      before: z.string().length(26).optional(),
    }),
  ]),
});

/** Retries the next 50 of the selected or found failed runs; the caller asks again with `next`. */
export async function replayJobs({ ctx, input }: { ctx: Ctx; input: z.input<typeof replayJobsInput> }) {
  requirePermission(ctx, "job.manage");
  const { from, runs } = replayJobsInput.parse(input);
  if ("ids" in runs) return replayFailed({ ctx, input: { from, runs } });
  const { search, functionId } = await runFilterOf(ctx, runs.filter);
  return replayFailed({ ctx, input: { from, runs: { ...runs, filter: { search, functionId } } } });
}
