import { NonRetriableError, RetryAfterError } from "inngest";
import { newId } from "@/lib/platform/ids";
import { type FailureContext, hour, minute, type Scenario } from "./scenario";

const failing = (note: (effect: string) => void, effect: string, succeedAt: number) => {
  let tries = 0;
  return () => {
    tries++;
    note(`${effect}${tries}`);
    if (tries < succeedAt) throw new Error(`${effect} fails`);
    return tries;
  };
};

/** Steps, sleeps, waits, errors, cancelling and calling each other. */
export const basics: Scenario[] = [
  {
    name: "sequential steps, each once, with results and the event",
    functions: (client, note) => [
      client.createFunction(
        { id: "sequential", triggers: [{ event: "s/sequential" }] },
        async ({ event, step }) => {
          const a = await step.run("a", () => {
            note("a");
            return event.data.n + 1;
          });
          const b = await step.run("b", () => {
            note("b");
            return { deep: [a, "文字", null] };
          });
          return { a, b };
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("s/sequential", { n: 1 });
      await pass();
    },
    effects: ["a", "b"],
    runs: { sequential: [{ state: "completed", output: { a: 2, b: { deep: [2, "文字", null] } } }] },
  },
  {
    name: "no steps at all; undefined becomes null",
    functions: (client, note) => [
      client.createFunction({ id: "plain", triggers: [{ event: "s/plain" }] }, async () => note("ran")),
    ],
    play: async ({ send, pass }) => {
      await send("s/plain");
      await pass();
    },
    effects: ["ran"],
    runs: { plain: [{ state: "completed", output: null }] },
  },
  {
    name: "parallel steps, then one that needs both",
    functions: (client, note) => [
      client.createFunction({ id: "parallel", triggers: [{ event: "s/parallel" }] }, async ({ step }) => {
        const parts = await Promise.all(
          [1, 2, 3].map((n) =>
            step.run(`part-${n}`, () => {
              note(`part-${n}`);
              return n;
            }),
          ),
        );
        return step.run("sum", () => {
          note("sum");
          return parts.reduce((sum, n) => sum + n, 0);
        });
      }),
    ],
    play: async ({ send, pass }) => {
      await send("s/parallel");
      await pass();
    },
    effects: ["part-1", "part-2", "part-3", "sum"],
    unordered: true,
    runs: { parallel: [{ state: "completed", output: 6 }] },
  },
  {
    name: "parallel branches of several steps do not wait for each other",
    functions: (client, note, minutes) => [
      client.createFunction({ id: "branches", triggers: [{ event: "s/branches" }] }, async ({ step }) => {
        const branch = async (name: string) => {
          await step.run(`${name}-1`, () => note(`${name}-1`));
          await step.run(`${name}-2`, () => note(`${name}-2`));
          return name;
        };
        const slow = async () => {
          await step.sleep("long", minutes(60));
          return branch("slow");
        };
        return Promise.all([branch("fast"), slow()]);
      }),
    ],
    play: async ({ send, pass }) => {
      await send("s/branches");
      await pass(hour);
    },
    effects: ["fast-1", "fast-2", "slow-1", "slow-2"],
    runs: { branches: [{ state: "completed", output: ["fast", "slow"] }] },
  },
  {
    name: "the same name in a loop is a step each time",
    functions: (client, note) => [
      client.createFunction({ id: "loop", triggers: [{ event: "s/loop" }] }, async ({ step }) => {
        let total = 0;
        for (let n = 0; n < 4; n++) {
          total += await step.run("again", () => {
            note(`again-${n}`);
            return n;
          });
        }
        return total;
      }),
    ],
    play: async ({ send, pass }) => {
      await send("s/loop");
      await pass();
    },
    effects: ["again-0", "again-1", "again-2", "again-3"],
    runs: { loop: [{ state: "completed", output: 6 }] },
  },
  {
    name: "sleep and sleepUntil end in their time, not before",
    functions: (client, note, minutes) => [
      client.createFunction({ id: "sleeper", triggers: [{ event: "s/sleep" }] }, async ({ event, step }) => {
        await step.sleep("nap", minutes(90));
        await step.run("up", () => note("up"));
        await step.sleepUntil("later", event.data.until);
        await step.run("end", () => note("end"));
        await step.sleepUntil("past", "2001-01-01T00:00:00Z");
      }),
    ],
    play: async ({ send, pass, inMinutes }) => {
      await send("s/sleep", { until: inMinutes(240) });
      await pass(89 * minute);
      await pass(minute);
      await pass(2 * hour + 29 * minute);
      await pass(minute);
    },
    effects: ["up", "end"],
    runs: { sleeper: [{ state: "completed" }] },
  },
  {
    name: "waitForEvent takes the event that matches, and none for another",
    functions: (client, note, minutes) => [
      client.createFunction({ id: "waiter", triggers: [{ event: "s/wait" }] }, async ({ step }) => {
        const found = await step.waitForEvent("answer", {
          event: "s/answer",
          timeout: minutes(60),
          match: "data.id",
        });
        await step.run("got", () => note(`got ${found?.data.id} ${found?.name}`));
        return found?.data.value;
      }),
    ],
    play: async ({ send, pass }) => {
      await send("s/wait", { id: "one" });
      await send("s/wait", { id: "two" });
      await pass();
      await send("s/answer", { id: "three", value: 3 });
      await send("s/answer", { id: "two", value: 2 });
      await pass(minute);
      await send("s/answer", { id: "one", value: 1 });
      await send("s/answer", { id: "one", value: 11 });
      await pass();
    },
    effects: ["got two s/answer", "got one s/answer"],
    unordered: true,
    runs: {
      waiter: [
        { state: "completed", output: 1 },
        { state: "completed", output: 2 },
      ],
    },
  },
  {
    name: "waitForEvent gives null after its time",
    functions: (client, _note, minutes) => [
      client.createFunction({ id: "timeout", triggers: [{ event: "s/timeout" }] }, async ({ step }) => {
        const found = await step.waitForEvent("answer", { event: "s/never", timeout: minutes(5) });
        return { found };
      }),
    ],
    play: async ({ send, pass }) => {
      await send("s/timeout");
      await pass(5 * minute);
      await send("s/never");
      await pass();
    },
    effects: [],
    runs: { timeout: [{ state: "completed", output: { found: null } }] },
  },
  {
    name: "a wait with a condition, and an event that came too early",
    functions: (client, _note, minutes) => [
      client.createFunction({ id: "condition", triggers: [{ event: "s/condition" }] }, async ({ step }) => {
        const found = await step.waitForEvent("answer", {
          event: "s/result",
          timeout: minutes(60),
          if: "async.data.id == event.data.id && async.data.ok == true",
        });
        return found?.data.n;
      }),
    ],
    play: async ({ send, pass }) => {
      await send("s/result", { id: 7, ok: true, n: 0 });
      await send("s/condition", { id: 7 });
      await pass();
      await send("s/result", { id: 7, ok: false, n: 1 });
      await send("s/result", { id: "7", ok: true, n: 2 });
      await send("s/result", { id: 7, ok: true, n: 3 });
      await pass();
    },
    effects: [],
    runs: { condition: [{ state: "completed", output: 3 }] },
  },
  {
    name: "a step is tried again after its backoff, and the count begins anew for the next step",
    functions: (client, note) => {
      const first = failing(note, "x", 3);
      const second = failing(note, "y", 3);
      return [
        client.createFunction(
          { id: "retry", retries: 2, triggers: [{ event: "s/retry" }] },
          async ({ step }) => {
            const x = await step.run("x", first);
            const y = await step.run("y", second);
            return { x, y };
          },
        ),
      ];
    },
    play: async ({ send, pass }) => {
      await send("s/retry");
      for (let n = 0; n < 4; n++) await pass(20_000);
    },
    effects: ["x1", "x2", "x3", "y1", "y2", "y3"],
    runs: { retry: [{ state: "completed", output: { x: 3, y: 3 } }] },
  },
  {
    name: "an error outside a step is tried again, then the run fails, and onFailure runs once",
    functions: (client, note) => [
      client.createFunction(
        {
          id: "broken",
          retries: 1,
          triggers: [{ event: "s/broken" }],
          onFailure: async ({ error, event, step }: FailureContext) => {
            await step.run("clean", () => note(`clean ${error.message} ${event.data.event.data.id}`));
          },
        },
        async ({ attempt }) => {
          note(`try ${attempt}`);
          throw new Error("no luck");
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("s/broken", { id: "B" });
      await pass(20_000);
      await pass(20_000);
    },
    effects: ["try 0", "try 1", "clean no luck B"],
    runs: {
      broken: [{ state: "failed", output: { name: "Error", message: "no luck" } }],
      "broken-failure": [{ state: "completed" }],
    },
  },
  {
    name: "a step that failed for good can be caught",
    functions: (client, note) => {
      const never = failing(note, "z", 99);
      return [
        client.createFunction(
          { id: "caught", retries: 1, triggers: [{ event: "s/caught" }] },
          async ({ step }) => {
            try {
              await step.run("z", never);
            } catch (error) {
              await step.run("instead", () => note("instead"));
              return error instanceof Error ? error.message : "?";
            }
            return "not caught";
          },
        ),
      ];
    },
    play: async ({ send, pass }) => {
      await send("s/caught");
      await pass(20_000);
      await pass(20_000);
    },
    effects: ["z1", "z2", "instead"],
    runs: { caught: [{ state: "completed", output: "z fails" }] },
  },
  {
    name: "NonRetriableError fails at once",
    functions: (client, note) => [
      client.createFunction({ id: "final", triggers: [{ event: "s/final" }] }, async ({ step }) => {
        await step.run("once", () => {
          note("once");
          throw new NonRetriableError("wrong for ever");
        });
      }),
    ],
    play: async ({ send, pass }) => {
      await send("s/final");
      await pass(hour);
    },
    effects: ["once"],
    runs: { final: [{ state: "failed", output: { message: "wrong for ever" } }] },
  },
  {
    name: "RetryAfterError sets the time of the next attempt",
    functions: (client, note) => {
      let tries = 0;
      return [
        client.createFunction({ id: "busy", triggers: [{ event: "s/busy" }] }, async ({ step }) =>
          step.run("ask", () => {
            note(`ask${++tries}`);
            if (tries === 1) throw new RetryAfterError("busy", 120_000);
          }),
        ),
      ];
    },
    play: async ({ send, pass }) => {
      await send("s/busy");
      await pass(119_000);
      await send("s/nothing");
      await pass(1_000);
    },
    effects: ["ask1", "ask2"],
    runs: { busy: [{ state: "completed" }] },
  },
  {
    name: "cancelOn ends the run that it names, and no step runs after it",
    functions: (client, note, minutes) => [
      client.createFunction(
        {
          id: "cancelled",
          triggers: [{ event: "s/work" }],
          cancelOn: [{ event: "s/stop", if: "event.data.id == async.data.id" }],
          onFailure: async () => note("failure"),
        },
        async ({ event, step }) => {
          await step.run("begin", () => note(`begin ${event.data.id}`));
          await step.sleep("long", minutes(60));
          await step.run("end", () => note(`end ${event.data.id}`));
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("s/stop", { id: 1 });
      await send("s/work", { id: 1 });
      await pass();
      await send("s/work", { id: 2 });
      await pass(minute);
      await send("s/stop", { id: 2 });
      await pass(2 * hour);
    },
    effects: ["begin 1", "begin 2", "end 1"],
    runs: { cancelled: [{ state: "completed" }, { state: "cancelled" }], "cancelled-failure": [] },
  },
  {
    name: "cancelOn works on a run that has not begun",
    ownOnly: "a server whose clock runs may begin first",
    functions: (client, note) => [
      client.createFunction(
        {
          id: "early",
          triggers: [{ event: "s/early" }],
          cancelOn: [{ event: "s/early.stop", match: "data.id" }],
        },
        async () => note("ran"),
      ),
    ],
    play: async ({ send, pass }) => {
      await send("s/early", { id: 1 });
      await send("s/early.stop", { id: 1 });
      await pass();
    },
    effects: [],
    runs: { early: [{ state: "cancelled" }] },
  },
  {
    name: "sendEvent starts other functions; triggers have conditions",
    functions: (client, note) => [
      client.createFunction({ id: "sender", triggers: [{ event: "s/send" }] }, async ({ step }) => {
        await step.sendEvent("tell", [
          { name: "s/told", data: { n: 1 } },
          { name: "s/told", data: { n: 2 } },
        ]);
      }),
      client.createFunction(
        { id: "told", triggers: [{ event: "s/told", if: "event.data.n == 2" }] },
        async ({ event }) => note(`told ${event.data.n}`),
      ),
    ],
    play: async ({ send, pass }) => {
      await send("s/send");
      await pass();
    },
    effects: ["told 2"],
    runs: { sender: [{ state: "completed" }], told: [{ state: "completed" }] },
  },
  {
    name: "invoke gives the result of another function, or its error",
    functions: (client, note) => {
      const double = client.createFunction(
        { id: "double", retries: 0, triggers: [{ event: "s/double" }] },
        async ({ event, step }) =>
          step.run("double", () => {
            note(`double ${event.data.n}`);
            if (typeof event.data.n !== "number") throw new Error("not a number");
            return event.data.n * 2;
          }),
      );
      return [
        double,
        client.createFunction({ id: "invoker", triggers: [{ event: "s/invoke" }] }, async ({ step }) => {
          const four = await step.invoke("good", { function: double, data: { n: 2 } });
          const wrong = await step
            .invoke("bad", { function: double, data: { n: "x" } })
            .catch((error: Error) => error.message);
          return { four, wrong };
        }),
      ];
    },
    play: async ({ send, pass }) => {
      await send("s/invoke");
      await pass();
    },
    effects: ["double 2", "double x"],
    runs: {
      invoker: [{ state: "completed", output: { four: 4, wrong: "not a number" } }],
      double: [{ state: "completed", output: 4 }, { state: "failed" }],
    },
  },
  {
    name: "idempotency: one run a key and day",
    ownOnly: "takes a day",
    functions: (client, note) => [
      client.createFunction(
        { id: "idempotent", idempotency: "event.data.key", triggers: [{ event: "s/idempotent" }] },
        async () => note("ran"),
      ),
    ],
    play: async ({ send, pass }) => {
      const key = newId();
      await send("s/idempotent", { key });
      await send("s/idempotent", { key });
      await pass(23 * hour);
      await send("s/idempotent", { key });
      await pass(2 * hour);
      await send("s/idempotent", { key });
      await pass();
    },
    effects: ["ran", "ran"],
    runs: { idempotent: [{ state: "completed" }, { state: "completed" }] },
  },
  {
    name: "an event with the same id is taken once",
    functions: (client, note) => [
      client.createFunction({ id: "same", triggers: [{ event: "s/same" }] }, async () => note("ran")),
    ],
    play: async ({ send, pass }) => {
      const id = newId();
      await send("s/same", {}, id);
      await pass();
      await send("s/same", {}, id);
      await pass();
    },
    effects: ["ran"],
    runs: { same: [{ state: "completed" }] },
  },
  {
    name: "singleton skip and cancel",
    functions: (client, note, minutes) => [
      client.createFunction(
        { id: "skip", singleton: { key: "event.data.k", mode: "skip" }, triggers: [{ event: "s/single" }] },
        async ({ event, step }) => {
          await step.sleep("z", minutes(60));
          await step.run("end", () => note(`skip ${event.data.n}`));
        },
      ),
      client.createFunction(
        {
          id: "newest",
          singleton: { key: "event.data.k", mode: "cancel" },
          triggers: [{ event: "s/single" }],
        },
        async ({ event, step }) => {
          await step.sleep("z", minutes(60));
          await step.run("end", () => note(`newest ${event.data.n}`));
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("s/single", { k: "a", n: 1 });
      await pass(minute);
      await send("s/single", { k: "a", n: 2 });
      await send("s/single", { k: "b", n: 3 });
      await pass(2 * hour);
      await send("s/single", { k: "a", n: 4 });
      await pass(2 * hour);
    },
    effects: ["skip 1", "newest 2", "skip 3", "newest 3", "skip 4", "newest 4"],
    unordered: true,
    runs: {
      skip: [{ state: "completed" }, { state: "completed" }, { state: "completed" }],
      newest: [
        { state: "cancelled" },
        { state: "completed" },
        { state: "completed" },
        { state: "completed" },
      ],
    },
  },
  {
    name: "finish timeout cancels a run that takes too long",
    functions: (client, note, minutes) => [
      client.createFunction(
        { id: "overdue", timeouts: { finish: minutes(10) }, triggers: [{ event: "s/overdue" }] },
        async ({ step }) => {
          await step.sleep("z", minutes(60));
          await step.run("end", () => note("end"));
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("s/overdue");
      await pass(10 * minute);
      await pass(2 * hour);
    },
    effects: [],
    runs: { overdue: [{ state: "cancelled" }] },
  },
  {
    name: "an opcode that is not supported fails the run with a clear message",
    ownOnly: "a real server supports it",
    functions: (client, _note, minutes) => [
      client.createFunction({ id: "signal", triggers: [{ event: "s/signal" }] }, async ({ step }) =>
        step.waitForSignal("wait", { signal: "x", timeout: minutes(1) }),
      ),
    ],
    play: async ({ send, pass }) => {
      await send("s/signal");
      await pass();
    },
    effects: [],
    runs: {
      signal: [
        {
          state: "failed",
          output: {
            name: "UnsupportedError",
            message: 'Step "wait" uses WaitForSignal, which the embedded executor does not support.',
          },
        },
      ],
    },
  },
];
