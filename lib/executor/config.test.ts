import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { describe, expect, test } from "vitest";
import { nextSlot, parseFunctions, RegistrationError } from "./config";
import { readSync, syncRequest } from "./protocol";

const client = new Inngest({
  id: "app",
  isDev: false,
  eventKey: "k",
  signingKey: "signkey-test-00",
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
type Options = Parameters<typeof client.createFunction>[0];

const endpoint = { url: "http://x/api/inngest", signingKey: "signkey-test-00" };

/** What the SDK itself sends for a function with these options. */
async function configs(options: Partial<Options>): Promise<unknown[]> {
  const fn = client.createFunction(
    { id: "fn", triggers: [{ event: "e" }], ...options } as Options,
    async () => null,
  );
  const handler = serve({ client, functions: [fn] });
  return readSync(endpoint, await handler(syncRequest(endpoint)));
}

test("a function without options has five attempts and its trigger", async () => {
  const { functions, byEvent } = parseFunctions(await configs({}));
  expect(functions.get("app-fn")).toMatchObject({ maxAttempts: 5, events: [{ name: "e" }], crons: [] });
  expect(byEvent.get("e")?.map(({ fn }) => fn.id)).toEqual(["app-fn"]);
});

test("what is supported is understood", async () => {
  const fn = parseFunctions(
    await configs({
      retries: 2,
      triggers: [{ event: "e", if: "event.data.a == 1" }, { cron: "TZ=Asia/Shanghai 0 3 * * *" }],
      cancelOn: [{ event: "c", match: "data.id", timeout: "1h" }],
      concurrency: [
        { limit: 3, key: "event.data.host" },
        { limit: 9, scope: "env", key: "'all'" },
      ],
      idempotency: "event.data.id",
      debounce: { period: "30s", key: "event.data.id", timeout: "5m" },
      singleton: { mode: "skip", key: "event.data.id" },
      timeouts: { start: "1m", finish: "1h" },
      onFailure: async () => null,
    }),
  );
  expect([...fn.functions.keys()]).toEqual(["app-fn", "app-fn-failure"]);
  expect(fn.functions.get("app-fn")).toMatchObject({
    maxAttempts: 3,
    crons: ["TZ=Asia/Shanghai 0 3 * * *"],
    cancel: [{ event: "c", timeoutMs: 3_600_000 }],
    concurrency: [
      { limit: 3, scope: "fn" },
      { limit: 9, scope: "env" },
    ],
    startTimeoutMs: 60_000,
    debounce: { periodMs: 30_000, timeoutMs: 300_000 },
  });
  expect(fn.functions.get("app-fn-failure")?.maxAttempts).toBe(2);
});

describe("refused at registration, with the name of the function and the feature", () => {
  test.each<[string, unknown]>([
    ['"rateLimit" is not supported', { rateLimit: { limit: 1, period: "1m" } }],
    ['"throttle" is not supported', { throttle: { limit: 1, period: "1m" } }],
    ['"batchEvents" is not supported', { batchEvents: { maxSize: 2, timeout: "1s" } }],
    ['"priority" is not supported', { priority: { run: "1" } }],
    ["is no duration", { debounce: { period: "soon" } }],
    ["Expression not supported", { debounce: { period: "1m", key: "event.data.n > 1" } }],
    ["Expression not supported", { singleton: { mode: "skip", key: "has(event.data.n)" } }],
    ["Expression not supported", { idempotency: "event.data.a - event.data.b" }],
    ['"async" has no meaning here', { idempotency: "async.data.id" }],
    ["is no duration", { timeouts: { finish: "1 hour" } }],
    ["Expression not supported", { triggers: [{ event: "e", if: "event.data.n > 1" }] }],
    ["Expression not supported", { concurrency: { limit: 1, key: "size(event.data.l)" } }],
    ["Expression not supported", { cancelOn: [{ event: "c", if: "async.data.n < 2" }] }],
    ["no cron expression", { triggers: [{ cron: "every day" }] }],
    ["jitter", { triggers: [{ cron: "* * * * *", jitter: "10s" }] }],
  ])("%s", async (message, options) => {
    const raw = await configs(options as Partial<Options>);
    const refused = () => parseFunctions(raw);
    expect(refused).toThrow(RegistrationError);
    expect(refused).toThrow(`app-fn: `);
    expect(refused).toThrow(message);
  });

  test("all problems at once", async () => {
    const raw = await configs({ throttle: { limit: 1, period: "1m" }, priority: { run: "1" } });
    expect(() => parseFunctions(raw)).toThrow(/throttle[\s\S]*priority/);
  });
});

test("cron slots in their zone", () => {
  const after = new Date("2026-03-02T00:00:30.000Z");
  expect(nextSlot("* * * * *", after)?.toISOString()).toBe("2026-03-02T00:01:00.000Z");
  expect(nextSlot("TZ=Asia/Shanghai 0 3 * * *", after)?.toISOString()).toBe("2026-03-02T19:00:00.000Z");
  expect(nextSlot("nonsense", after)).toBeUndefined();
});
