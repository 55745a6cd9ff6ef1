import { pruneChanges } from "@/lib/changes";
import { systemCtx } from "@/lib/platform/context";
import { inngest } from "../client";

/** What open pages were told is kept for an hour. */
const prune = inngest().createFunction(
  { id: "changes-prune", triggers: [{ cron: "*/10 * * * *" }], retries: 1 },
  async ({ step }) => step.run("prune", () => pruneChanges({ ctx: systemCtx("changes-prune") })),
);

export const functions = [prune];
