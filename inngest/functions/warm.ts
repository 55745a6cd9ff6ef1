import { finishClaim } from "@/lib/attempts";
import { systemCtx } from "@/lib/platform/context";
import { createWarm, fillWarm, freezeWarm, warmPlanTimes } from "@/lib/workspaces";
import { inngest } from "../client";
import { failStart, input } from "../workspace-event";

const fillCtx = () => systemCtx("warm-fill");

/** Whatever may change how many are wanted or fit; while students start, it looks again until they have. */
const fill = inngest().createFunction(
  {
    id: "warm-fill",
    retries: 2,
    concurrency: { limit: 1 },
    triggers: [
      { event: "template/changed" },
      { event: "workspace/claimed" },
      { event: "workspace/ended" },
      { event: "service/started" },
    ],
    // A class that presses Start is not made slower by looking after each of them.
    debounce: { period: "2s", timeout: "10s" },
  },
  async ({ step }) => {
    for (let n = 0; n < 20; n++) {
      const filled = await step.run(`fill-${n}`, () => fillWarm({ ctx: fillCtx() }));
      if (!filled.later) return filled;
      await step.sleep(`students-first-${n}`, "3s");
    }
    return { later: true };
  },
);

/** A plan begins and ends on time, not at the next minute. */
const followPlan = inngest().createFunction(
  { id: "warm-plan", retries: 2, triggers: [{ event: "warm/plan.changed" }] },
  async ({ event, step }) => {
    const planId = String(event.data.planId);
    await step.run("fill", () => fillWarm({ ctx: fillCtx() }));
    const times = await step.run("times", () => warmPlanTimes({ ctx: fillCtx(), input: { planId } }));
    for (const at of times) {
      await step.sleepUntil(`until-${at}`, new Date(at));
      await step.run(`fill-${at}`, () => fillWarm({ ctx: fillCtx() }));
    }
  },
);

/** Boots one, freezes it, and sees whether there is another to boot. */
const boot = inngest().createFunction(
  {
    id: "warm-boot",
    retries: 2,
    concurrency: { limit: 4 },
    triggers: [{ event: "warm/wanted" }],
    cancelOn: [{ event: "workspace/stop.requested", match: "data.workspaceId" }],
    onFailure: failStart("warm-boot"),
  },
  async ({ event, step }) => {
    const ctx = systemCtx("warm-boot");
    for (let n = 0; ; n++) {
      const created = await step.run(`create-${n}`, () => createWarm({ ctx, input: input(event.data) }));
      if (created === "unwanted") return created;
      if (created === "done") break;
      await step.sleep(`create-wait-${n}`, "5s");
    }
    for (let n = 0; ; n++) {
      const frozen = await step.run(`freeze-${n}`, () => freezeWarm({ ctx, input: input(event.data) }));
      if (frozen === "unwanted") return frozen;
      if (frozen === "done") break;
      await step.sleep(`freeze-wait-${n}`, n < 10 ? "1s" : "3s");
    }
    for (let n = 0; n < 20; n++) {
      const filled = await step.run(`next-${n}`, () => fillWarm({ ctx: fillCtx() }));
      if (!filled.later) break;
      await step.sleep(`students-first-${n}`, "3s");
    }
    return "frozen";
  },
);

/** The safety net of a claim: as a rule the process that took the press has given the home by now. */
const finishClaims = inngest().createFunction(
  {
    id: "workspace-claim",
    retries: 3,
    debounce: { key: "event.data.workspaceId", period: "3s" },
    triggers: [{ event: "workspace/claimed" }],
    cancelOn: [{ event: "workspace/stop.requested", match: "data.workspaceId" }],
    onFailure: failStart("workspace-claim"),
  },
  async ({ event, step }) => {
    for (let n = 0; ; n++) {
      const done = await step.run(`attach-${n}`, () =>
        finishClaim({ ctx: systemCtx("workspace-claim"), input: input(event.data) }),
      );
      if (done !== "wait") return done;
      await step.sleep(`attach-wait-${n}`, n < 10 ? "1s" : "5s");
    }
  },
);

export const functions = [fill, followPlan, boot, finishClaims];
