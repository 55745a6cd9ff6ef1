import { env } from "@/lib/platform/env";
import { inngest } from "../client";

/** Ten steps in which nothing is done but to say when: what is left is the executor's own time. */
const tenSteps = () =>
  inngest().createFunction(
    { id: "bench-steps", retries: 0, triggers: [{ event: "bench/requested" }] },
    async ({ step }) => {
      const at: number[] = [];
      for (let n = 0; n < 10; n++)
        at.push(await step.run(`step-${n}`, async () => performance.timeOrigin + performance.now()));
      return at;
    },
  );

export const functions = env().BENCH ? [tenSteps()] : [];
