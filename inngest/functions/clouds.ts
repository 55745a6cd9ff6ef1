import { systemCtx } from "@/lib/platform/context";
import { endReclaimed, fetchAllWork, fetchWork } from "@/lib/workspaces";
import { inngest } from "../client";
import { input } from "../workspace-event";

const lastMinuteMs = 75_000;

/** What an instance loses at worst is what was done since. */
const fetchAll = inngest().createFunction(
  { id: "cloud-fetch", retries: 0, concurrency: { limit: 1 }, triggers: [{ cron: "*/3 * * * *" }] },
  async ({ step }) => step.run("fetch", () => fetchAllWork({ ctx: systemCtx("cloud-fetch") })),
);

/** A spot instance is taken back in five minutes: fetched at once, and again right before its time. */
const reclaim = inngest().createFunction(
  {
    id: "cloud-reclaim",
    retries: 3,
    triggers: [{ event: "workspace/reclaim.announced" }],
    cancelOn: [{ event: "workspace/stop.requested", match: "data.workspaceId" }],
  },
  async ({ event, step }) => {
    const ctx = systemCtx("cloud-reclaim");
    await step.run("fetch", () =>
      fetchWork({ ctx, input: input(event.data) }).catch((error: unknown) =>
        ctx.log.warn({ err: error, ...input(event.data) }, "work is fetched again before the instance goes"),
      ),
    );
    await step.sleepUntil("last-minute", new Date(new Date(String(event.data.at)).getTime() - lastMinuteMs));
    await step.run("end", () => endReclaimed({ ctx, input: input(event.data) }));
  },
);

export const functions = [fetchAll, reclaim];
