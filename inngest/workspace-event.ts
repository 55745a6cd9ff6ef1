import { systemCtx } from "@/lib/platform/context";
import { causeOf, failWorkspace } from "@/lib/workspaces";

/** The workspace that an event is about. */
export const input = (data: Record<string, unknown>) => ({ workspaceId: String(data.workspaceId) });

type Failed = {
  event: { data: { event: { data?: Record<string, unknown> } } };
  error: Error;
  step: { run(id: string, work: () => Promise<unknown>): Promise<unknown> };
};

/** What is left of a start that has failed for good: a workspace that says why. */
export const failStart =
  (job: string) =>
  async ({ event, error, step }: Failed): Promise<void> => {
    await step.run("fail", () =>
      failWorkspace({
        ctx: systemCtx(job),
        input: { ...input(event.data.event.data ?? {}), cause: causeOf(error), detail: error.message },
      }),
    );
  };
