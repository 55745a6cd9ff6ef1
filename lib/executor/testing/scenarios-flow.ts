import { newId } from "@/lib/platform/ids";
import { minute, type Scenario } from "./scenario";

const work = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How many runs there are and when: debounce, concurrency, singleton, idempotency, cron, triggers. */
export const flow: Scenario[] = [
  {
    name: "debounce: the last event of a key counts, once it has been quiet",
    functions: (client, note, minutes) => [
      client.createFunction(
        {
          id: "debounced",
          debounce: { key: "event.data.k", period: minutes(10) },
          triggers: [{ event: "f/debounce" }],
        },
        async ({ event, step }) => {
          await step.run("work", () => note(`${event.data.k}${event.data.n}`));
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("f/debounce", { k: "a", n: 1 });
      await pass(8 * minute);
      await send("f/debounce", { k: "a", n: 2 });
      await send("f/debounce", { k: "b", n: 1 });
      await pass(8 * minute);
      await send("f/debounce", { k: "a", n: 3 });
      await pass(15 * minute);
      await send("f/debounce", { k: "a", n: 4 });
      await pass(15 * minute);
    },
    effects: ["b1", "a3", "a4"],
    unordered: true,
    runs: { debounced: [{ state: "completed" }, { state: "completed" }, { state: "completed" }] },
  },
  {
    name: "debounce: its timeout ends the waiting while events still come",
    functions: (client, note, minutes) => [
      client.createFunction(
        {
          id: "impatient",
          debounce: { period: minutes(10), timeout: minutes(20) },
          triggers: [{ event: "f/impatient" }],
        },
        async ({ event, step }) => {
          await step.run("work", () => note(`${event.data.n}`));
        },
      ),
    ],
    play: async ({ send, pass }) => {
      for (let n = 1; n <= 4; n++) {
        await send("f/impatient", { n });
        await pass(7 * minute);
      }
      await pass(20 * minute);
    },
    // 1, 2, 3 at 0, 7, 14 minutes: begun at 20; 4 comes at 21.
    effects: ["3", "4"],
    runs: { impatient: [{ state: "completed" }, { state: "completed" }] },
  },
  {
    name: "concurrency: one step of a key at a time, others go on; who sleeps holds no place",
    functions: (client, note, minutes) => [
      client.createFunction(
        {
          id: "one-at-a-time",
          concurrency: { limit: 1, key: "event.data.k" },
          triggers: [{ event: "f/one" }],
        },
        async ({ event, step }) => {
          await step.run("in-out", async () => {
            note(`in ${event.data.k}`);
            await work(20);
            note(`out ${event.data.k}`);
          });
          await step.sleep("z", minutes(10));
        },
      ),
    ],
    play: async ({ send, pass }) => {
      for (let n = 0; n < 3; n++) await send("f/one", { k: "a" });
      await pass(minute);
      await pass(20 * minute);
    },
    effects: ["in a", "out a", "in a", "out a", "in a", "out a"],
    runs: { "one-at-a-time": Array(3).fill({ state: "completed" }) },
  },
  {
    name: "singleton: a key that gives false means none",
    functions: (client, _note, minutes) => [
      client.createFunction(
        {
          id: "perhaps",
          singleton: { key: "event.data.single", mode: "skip" },
          triggers: [{ event: "f/perhaps" }],
        },
        async ({ step }) => step.sleep("z", minutes(10)),
      ),
    ],
    play: async ({ send, pass }) => {
      for (const single of [false, false, true, true]) await send("f/perhaps", { single });
      await pass(10 * minute);
      await pass();
    },
    effects: [],
    runs: { perhaps: Array(3).fill({ state: "completed" }) },
  },
  {
    name: "a double that idempotency leaves out does not cancel the singleton that runs",
    functions: (client, _note, minutes) => [
      client.createFunction(
        {
          id: "both",
          idempotency: "event.data.key",
          singleton: { mode: "cancel" },
          triggers: [{ event: "f/both" }],
        },
        async ({ event, step }) => {
          await step.sleep("z", minutes(10));
          return event.data.n;
        },
      ),
    ],
    play: async ({ send, pass }) => {
      const key = newId();
      await send("f/both", { key, n: 1 });
      await pass(minute);
      await send("f/both", { key, n: 2 });
      await pass(10 * minute);
      await pass();
    },
    effects: [],
    runs: { both: [{ state: "completed", output: 1 }] },
  },
  {
    name: "a function has several triggers, each with its condition",
    functions: (client, note) => [
      client.createFunction(
        {
          id: "many",
          triggers: [
            { event: "f/many.a" },
            { event: "f/many.b", if: "event.data.ok == true || event.data.n == 3" },
          ],
        },
        async ({ event }) => note(`${event.name} ${event.data.n}`),
      ),
    ],
    play: async ({ send, pass }) => {
      await send("f/many.a", { n: 1 });
      await pass();
      await send("f/many.b", { n: 2, ok: false });
      await send("f/many.b", { n: 3 });
      await pass();
      await send("f/many.b", { n: 4, ok: true });
      await pass();
    },
    effects: ["f/many.a 1", "f/many.b 3", "f/many.b 4"],
    runs: { many: Array(3).fill({ state: "completed" }) },
  },
  {
    name: "cron: a run for each slot",
    ownOnly: "a minute of its clock is a minute",
    functions: (client, note) => [
      client.createFunction({ id: "cron", triggers: [{ cron: "*/5 * * * *" }] }, async ({ step }) => {
        await step.run("tick", () => note("tick"));
      }),
    ],
    play: async ({ pass }) => {
      for (let n = 0; n < 30; n++) await pass(30_000);
      await pass();
    },
    effects: ["tick", "tick", "tick"],
    runs: { cron: Array(3).fill({ state: "completed" }) },
  },
  {
    name: "waits in parallel are met in any order, and one that is not met does not hold the others",
    functions: (client, note, minutes) => [
      client.createFunction({ id: "waits", triggers: [{ event: "f/waits" }] }, async ({ step }) => {
        const wait = async (name: string) => {
          const found = await step.waitForEvent(name, { event: `f/waits.${name}`, timeout: minutes(30) });
          await step.run(`got-${name}`, () => note(`${name} ${found?.data.n ?? "nothing"}`));
          return found?.data.n ?? null;
        };
        return Promise.all([wait("a"), wait("b"), wait("c")]);
      }),
    ],
    play: async ({ send, pass }) => {
      await send("f/waits");
      await pass(minute);
      await send("f/waits.b", { n: 2 });
      await pass(minute);
      await send("f/waits.a", { n: 1 });
      await pass(40 * minute);
      await pass();
    },
    effects: ["b 2", "a 1", "c nothing"],
    runs: { waits: [{ state: "completed", output: [1, 2, null] }] },
  },
  {
    name: "an event that starts a run does not meet that run's own wait, nor cancel it",
    functions: (client, _note, minutes) => [
      client.createFunction(
        { id: "own", triggers: [{ event: "f/own" }], cancelOn: [{ event: "f/own", match: "data.id" }] },
        async ({ step }) => {
          const found = await step.waitForEvent("again", { event: "f/own", timeout: minutes(5) });
          return found?.data.n ?? null;
        },
      ),
    ],
    play: async ({ send, pass }) => {
      await send("f/own", { id: 1, n: 1 });
      await pass(10 * minute);
      await pass();
    },
    effects: [],
    runs: { own: [{ state: "completed", output: null }] },
  },
  {
    name: "events that a function sends twice under one id are one",
    functions: (client, note) => [
      client.createFunction(
        { id: "doubles", triggers: [{ event: "f/doubles" }] },
        async ({ event, step }) => {
          const one = { id: `double-${event.id}`, name: "f/doubled", data: {} };
          await step.sendEvent("first", one);
          await step.sendEvent("second", one);
        },
      ),
      client.createFunction({ id: "doubled", triggers: [{ event: "f/doubled" }] }, async () => note("once")),
    ],
    play: async ({ send, pass }) => {
      await send("f/doubles");
      await pass();
    },
    effects: ["once"],
    runs: { doubles: [{ state: "completed" }], doubled: [{ state: "completed" }] },
  },
  {
    name: "sixty steps in a row, and a sleep of less than a second",
    functions: (client) => [
      client.createFunction({ id: "sixty", triggers: [{ event: "f/sixty" }] }, async ({ step }) => {
        let sum = 0;
        for (let n = 1; n <= 60; n++) sum += await step.run("add", () => n);
        await step.sleep("short", 300);
        return sum;
      }),
    ],
    play: async ({ send, pass }) => {
      await send("f/sixty");
      await pass(minute);
      await pass();
    },
    effects: [],
    runs: { sixty: [{ state: "completed", output: 1_830 }] },
  },
];
