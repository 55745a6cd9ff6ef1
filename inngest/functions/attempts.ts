import { lookAtClock, rescheduleAttempt } from "@/lib/attempts";
import { runCollection } from "@/lib/collections";
import { systemCtx } from "@/lib/platform/context";
import { judgeIdle, sweepIdle } from "@/lib/workspaces";
import { inngest } from "../client";

/**
 * Warns before the deadline and ends what is due then. A moved deadline starts another run: the older one
 * wakes, finds that it is not its deadline any more, and is over.
 */
const watchDeadline = inngest().createFunction(
  { id: "attempt-deadline", retries: 10, triggers: [{ event: "attempt/deadline.changed" }] },
  async ({ event, step }) => {
    const ctx = systemCtx("attempt-deadline");
    const attemptId = String(event.data.attemptId);
    const { deadlineAt } = await step.run("deadline", () => rescheduleAttempt({ ctx, input: { attemptId } }));
    if (!deadlineAt) return "no deadline";
    for (let n = 0; n < 50; n++) {
      const { next } = await step.run(`look-${n}`, () =>
        lookAtClock({ ctx, input: { attemptId, deadlineAt } }),
      );
      if (!next) return "over, or moved";
      await step.sleepUntil(`wait-${n}`, new Date(next));
    }
    return "left to the reconciler";
  },
);

/** A warned workspace without an act of a person is stopped when its time is over, to the second. */
const stopIdle = inngest().createFunction(
  { id: "workspace-idle", retries: 5, triggers: [{ event: "workspace/idle.warned" }] },
  async ({ event, step }) => {
    await step.sleepUntil("wait", new Date(String(event.data.stopAt)));
    const workspaceId = String(event.data.workspaceId);
    const ctx = systemCtx("workspace-idle");
    for (let n = 0; n < 3; n++) {
      const result = await step.run(`stop-${n}`, () => judgeIdle({ ctx, input: { workspaceId } }));
      // A moment early by the clock of this process.
      if (result !== "warned") return result;
      await step.sleep(`wait-${n}`, "1s");
    }
    return "left to the reconciler";
  },
);

/** A task's idle time changed: who is over the new one is warned now, not at the next minute. */
const judgeIdleTask = inngest().createFunction(
  { id: "workspace-idle-task", retries: 2, triggers: [{ event: "task/idle.changed" }] },
  async ({ step }) => step.run("sweep", () => sweepIdle({ ctx: systemCtx("workspace-idle") })),
);

/** The files of an ended attempt, or of a home that is to be reset, as soon as nothing writes to it any more. */
const collectHomeJob = inngest().createFunction(
  {
    id: "attempt-collect",
    retries: 6,
    concurrency: [{ limit: 1, key: "event.data.collectionId" }, { limit: 2 }],
    triggers: [{ event: "collection/requested" }],
  },
  async ({ event, step }) => {
    const ctx = systemCtx("attempt-collect");
    for (let n = 0; n < 200; n++) {
      const result = await step.run(`collect-${n}`, () =>
        runCollection({ ctx, input: { collectionId: String(event.data.collectionId) } }),
      );
      if (result !== "wait") return result;
      await step.sleep(`wait-${n}`, n < 30 ? "1s" : "10s");
    }
    return "left to the reconciler";
  },
);

export const functions = [watchDeadline, stopIdle, judgeIdleTask, collectHomeJob];
