import { referenceFunction } from "inngest";
import { type FailureContext, hour, minute, type Scenario } from "./scenario";

/** How steps and runs end: failures caught and not, time limits, cancelling, and who is told. */
export const endings: Scenario[] = [
  {
    name: "a parallel step that fails is tried again alone; the others keep their result",
    functions: (client, note) => {
      let tries = 0;
      return [
        client.createFunction({ id: "one-fails", triggers: [{ event: "e/one" }] }, async ({ step }) => {
          const parts = [1, 2, 3].map((n) =>
            step.run(`part-${n}`, () => {
              note(`part-${n}`);
              if (n === 2 && ++tries < 3) throw new Error("not yet");
              return n;
            }),
          );
          return Promise.all(parts);
        }),
      ];
    },
    play: async ({ send, pass }) => {
      await send("e/one");
      await pass(10_000);
      await pass(20_000);
    },
    effects: ["part-1", "part-2", "part-2", "part-2", "part-3"],
    unordered: true,
    runs: { "one-fails": [{ state: "completed", output: [1, 2, 3] }] },
  },
  {
    name: "all parallel steps settle, also those that failed for good",
    functions: (client) => [
      client.createFunction(
        { id: "settled", retries: 0, triggers: [{ event: "e/settled" }] },
        async ({ step }) => {
          const all = await Promise.allSettled([
            step.run("good", () => 1),
            step.run("bad", () => {
              throw new TypeError("bad type");
            }),
            step.run("fine", () => 2),
          ]);
          return all.map((one) => (one.status === "fulfilled" ? one.value : one.reason.message));
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("e/settled");
      await pass();
    },
    effects: [],
    runs: { settled: [{ state: "completed", output: [1, "bad type", 2] }] },
  },
  {
    name: "an error keeps its name on the way into a catch of a later call",
    functions: (client, note) => [
      client.createFunction(
        { id: "named", retries: 0, triggers: [{ event: "e/named" }] },
        async ({ step }) => {
          const name = await step
            .run("bad", () => {
              throw new RangeError("out of range");
            })
            .catch((error: Error) => error.name);
          await step.run("told", () => note(String(name)));
          return step.run("after", () => name);
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("e/named");
      await pass();
    },
    effects: ["RangeError"],
    runs: { named: [{ state: "completed", output: "RangeError" }] },
  },
  {
    name: "a failure handler that fails calls no other",
    functions: (client, note) => [
      client.createFunction(
        {
          id: "worse",
          retries: 0,
          triggers: [{ event: "e/worse" }],
          onFailure: async ({ step }: FailureContext) => {
            await step.run("handle", () => {
              note("handler");
              throw new Error("handler fails too");
            });
          },
        },
        async () => {
          throw new Error("first");
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("e/worse");
      await pass(10_000);
      await pass(20_000);
      await pass(hour);
    },
    // A handler is tried twice.
    effects: ["handler", "handler"],
    runs: { worse: [{ state: "failed" }], "worse-failure": [{ state: "failed" }] },
  },
  {
    name: "who listens hears of the end of runs: finished, failed, cancelled",
    functions: (client, note) => {
      const listen = (kind: string) =>
        client.createFunction(
          {
            id: `hears-${kind}`,
            triggers: [{ event: `inngest/function.${kind}`, if: "event.data.function_id == 'test-heard'" }],
          },
          async ({ event }) => note(`${kind} ${event.data.event.data.n}`),
        );
      return [
        client.createFunction(
          {
            id: "heard",
            retries: 0,
            triggers: [{ event: "e/heard" }],
            cancelOn: [{ event: "e/heard.stop", match: "data.n" }],
          },
          async ({ event, step }) => {
            if (event.data.n === 2) throw new Error("two fails");
            if (event.data.n === 3) await step.sleep("long", "30d");
          },
        ),
        listen("finished"),
        listen("failed"),
        listen("cancelled"),
      ];
    },
    play: async ({ send, pass }) => {
      for (const n of [1, 2, 3]) await send("e/heard", { n });
      await pass(minute);
      await send("e/heard.stop", { n: 3 });
      await pass();
    },
    effects: ["finished 1", "finished 2", "failed 2", "cancelled 3"],
    unordered: true,
    runs: { heard: [{ state: "completed" }, { state: "failed" }, { state: "cancelled" }] },
  },
  {
    name: "cancelOn stops listening after its time",
    functions: (client, _note, minutes) => [
      client.createFunction(
        {
          id: "deaf",
          triggers: [{ event: "e/deaf" }],
          cancelOn: [{ event: "e/deaf.stop", match: "data.id", timeout: minutes(10) }],
        },
        async ({ step }) => {
          await step.sleep("z", minutes(30));
          return "slept";
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("e/deaf", { id: 1 });
      await send("e/deaf", { id: 2 });
      await pass(5 * minute);
      await send("e/deaf.stop", { id: 1 });
      await pass(10 * minute);
      await send("e/deaf.stop", { id: 2 });
      await pass(30 * minute);
    },
    effects: [],
    runs: { deaf: [{ state: "cancelled" }, { state: "completed", output: "slept" }] },
  },
  {
    name: "invoke gives up after its time; the invoked run goes on; a cancelled caller cancels nobody",
    functions: (client, note, minutes) => {
      const slow = client.createFunction(
        { id: "slow", triggers: [{ event: "e/slow" }] },
        async ({ step }) => {
          await step.sleep("z", minutes(60));
          await step.run("end", () => note("slow ends"));
          return "late";
        },
      );
      return [
        slow,
        client.createFunction(
          { id: "hasty", retries: 0, triggers: [{ event: "e/hasty" }] },
          async ({ step }) => {
            const result = await step
              .invoke("call", { function: slow, data: {}, timeout: minutes(10) })
              .catch(() => "gave up");
            await step.run("told", () => note(result));
            return result;
          },
        ),
        client.createFunction(
          { id: "leaves", triggers: [{ event: "e/hasty" }], cancelOn: [{ event: "e/leave" }] },
          async ({ step }) => step.invoke("call", { function: slow, data: {} }),
        ),
      ];
    },
    play: async ({ send, pass }) => {
      await send("e/hasty");
      await pass(5 * minute);
      await send("e/leave");
      await pass(5 * minute);
      await pass(50 * minute);
    },
    effects: ["gave up", "slow ends", "slow ends"],
    runs: {
      hasty: [{ state: "completed", output: "gave up" }],
      leaves: [{ state: "cancelled" }],
      slow: [{ state: "completed" }, { state: "completed" }],
    },
  },
  {
    name: "who invoked a run that was cancelled, or that does not exist, gets an error",
    functions: (client, note, minutes) => {
      const victim = client.createFunction(
        { id: "victim", triggers: [{ event: "e/victim" }], cancelOn: [{ event: "e/victim.stop" }] },
        async ({ step }) => step.sleep("z", minutes(60)),
      );
      return [
        victim,
        client.createFunction(
          { id: "caller", retries: 0, triggers: [{ event: "e/call" }] },
          async ({ step }) => {
            await step.invoke("none", { function: missing, data: {} }).catch(() => note("nobody there"));
            await step.invoke("call", { function: victim, data: {} }).catch(() => note("was cancelled"));
          },
        ),
      ];
    },
    play: async ({ send, pass }) => {
      await send("e/call");
      await pass(minute);
      await send("e/victim.stop");
      await pass();
    },
    effects: ["nobody there", "was cancelled"],
    // Notes stand outside of steps and are repeated at each call.
    repeats: true,
    runs: { caller: [{ state: "completed" }], victim: [{ state: "cancelled" }] },
  },
  {
    name: "a duration that the SDK cannot write, or an expression out of our grammar, fails the run with its reason",
    ownOnly: "the words are ours",
    functions: (client, _note, minutes) => [
      client.createFunction({ id: "no-time", triggers: [{ event: "e/no-time" }] }, async ({ step }) =>
        step.sleep("odd", "1h30m" as "1h"),
      ),
      client.createFunction({ id: "no-grammar", triggers: [{ event: "e/no-time" }] }, async ({ step }) =>
        step.waitForEvent("odd", { event: "e/x", timeout: minutes(1), if: "size(async.data.list) > 1" }),
      ),
    ],
    play: async ({ send, pass }) => {
      await send("e/no-time");
      await pass();
    },
    effects: [],
    runs: {
      "no-time": [{ state: "failed", output: { name: "UnsupportedError" } }],
      "no-grammar": [{ state: "failed", output: { name: "UnsupportedError" } }],
    },
  },
  {
    name: "names that begin with inngest/ are not for users",
    functions: (client) => [
      client.createFunction(
        { id: "forger", retries: 0, triggers: [{ event: "e/forge" }] },
        async ({ step }) => {
          await step.sendEvent("forge", { name: "inngest/function.failed", data: { function_id: "test-x" } });
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("e/forge");
      await pass();
    },
    effects: [],
    runs: { forger: [{ state: "failed" }] },
  },
];

const missing = referenceFunction({ appId: "test", functionId: "not-there" });
