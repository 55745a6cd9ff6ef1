import { finishClaim, recordReady } from "@/lib/attempts";
import { systemCtx } from "@/lib/platform/context";
import {
  awaitBoot,
  createContainer,
  finishWorkspace,
  placeWaiting,
  prepareHome,
  removeOutside,
  wakeWorkspace,
} from "@/lib/workspaces";
import { inngest } from "../client";
import { failStart, input } from "../workspace-event";

/** Room for whoever waits: asked when somebody comes, when somebody has gone, and when that will be has moved. */
const placeWorkspaces = inngest().createFunction(
  {
    id: "workspace-place",
    retries: 3,
    concurrency: { limit: 1 },
    triggers: [
      { event: "workspace/requested" },
      { event: "workspace/ended" },
      { event: "attempt/deadline.changed" },
    ],
  },
  async ({ step }) => step.run("place", () => placeWaiting({ ctx: systemCtx("workspace-place") })),
);

/** From its turn to boot to the first answer of the service inside. How many boot is decided by the turns. */
const provisionWorkspace = inngest().createFunction(
  {
    id: "workspace-provision",
    retries: 3,
    // Not all of a process' hands: stops go on beside it.
    concurrency: { limit: 12 },
    triggers: [{ event: "workspace/placed" }],
    cancelOn: [{ event: "workspace/stop.requested", match: "data.workspaceId" }],
    onFailure: failStart("workspace-provision"),
  },
  async ({ event, step }) => {
    const ctx = systemCtx("workspace-provision");
    for (let n = 0; ; n++) {
      const prepared = await step.run(`prepare-${n}`, async () => {
        const home = await prepareHome({ ctx, input: input(event.data) });
        return home === "done" ? createContainer({ ctx, input: input(event.data) }) : home;
      });
      if (prepared === "unwanted") return prepared;
      if (prepared === "done") break;
      await step.sleep(`prepare-wait-${n}`, n < 10 ? "1s" : "5s");
    }
    for (let n = 0; ; n++) {
      const booted = await step.run(`boot-${n}`, async () => {
        const up = await awaitBoot({ ctx, input: input(event.data) });
        if (up !== "done") return up;
        return (await recordReady({ ctx, input: input(event.data) })) ? "ready" : "unwanted";
      });
      if (booted !== "wait") return booted;
      await step.sleep(`boot-wait-${n}`, "1s");
    }
  },
);

/** From the press of Resume until a cloud desktop answers again, or it is told why not. */
const resumeWorkspaceJob = inngest().createFunction(
  {
    id: "workspace-resume",
    retries: 3,
    concurrency: { limit: 12 },
    triggers: [{ event: "workspace/resume.requested" }],
    cancelOn: [{ event: "workspace/stop.requested", match: "data.workspaceId" }],
  },
  async ({ event, step }) => {
    const ctx = systemCtx("workspace-resume");
    for (let n = 0; ; n++) {
      const woken = await step.run(`wake-${n}`, () => wakeWorkspace({ ctx, input: input(event.data) }));
      if (woken !== "wait") return woken;
      await step.sleep(`wake-wait-${n}`, "2s");
    }
  },
);

/** Everything outside goes, then the row is final. Tried for ever: the reconciler asks again. */
const stopWorkspaceJob = inngest().createFunction(
  {
    id: "workspace-stop",
    retries: 10,
    concurrency: { limit: 1, key: "event.data.workspaceId" },
    triggers: [{ event: "workspace/stop.requested" }],
  },
  async ({ event, step }) => {
    const ctx = systemCtx("workspace-stop");
    await step.run("remove", () => removeOutside({ ctx, input: input(event.data) }));
    return step.run("finish", async () => {
      const done = await finishWorkspace({ ctx, input: input(event.data) });
      // A warm one for who started again is not left to the job of its claim, which waits for others first.
      if (done.successorId) {
        await finishClaim({ ctx, input: { workspaceId: done.successorId } }).catch((error: unknown) =>
          ctx.log.warn(
            { err: error, workspaceId: done.successorId },
            "a claimed workspace waits for its job",
          ),
        );
      }
      return done;
    });
  },
);

export const functions = [placeWorkspaces, provisionWorkspace, resumeWorkspaceJob, stopWorkspaceJob];
