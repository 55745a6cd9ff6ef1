import { pruneRuns } from "@/lib/executor";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { inngest } from "../client";

/** Finished runs are kept for JOB_RETENTION_DAYS. */
const prune = inngest().createFunction(
  { id: "executor-prune", triggers: [{ cron: "TZ=Asia/Shanghai 20 3 * * *" }], retries: 2 },
  async ({ step }) =>
    step.run("prune", () =>
      pruneRuns({
        ctx: systemCtx("executor-prune"),
        input: { olderThanDays: env().JOB_RETENTION_DAYS },
      }),
    ),
);

export const functions = [prune];
