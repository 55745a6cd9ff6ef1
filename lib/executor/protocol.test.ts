import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { expect, test } from "vitest";
import { callRequest, readAnswer, readSync, signature, syncRequest, verifySignature } from "./protocol";

const signingKey = "signkey-test-00112233445566778899";
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const client = new Inngest({ id: "app", isDev: false, eventKey: "k", signingKey, logger: silent });
const echo = client.createFunction(
  { id: "echo", triggers: [{ event: "e" }] },
  async ({ event }) => event.data,
);
const handler = serve({ client, functions: [echo], enableUnauthedSync: false });
const endpoint = { url: "http://app.test/api/inngest", signingKey };

const call = (data: Record<string, unknown>) =>
  callRequest(endpoint, {
    functionId: "app-echo",
    stepId: "step",
    runId: "01M7XY8TRFVRJMQR7F1048M467",
    attempt: 0,
    maxAttempts: 5,
    event: { id: "1", name: "e", data, ts: 1 },
    memos: new Map(),
    planOnly: false,
  });

test("the SDK takes our signature for what canonical JSON is hard for", async () => {
  const data = { z: 1, a: [1e21, 0.1, -0], "é\u2028": '字\n"', nested: { b: null, a: true } };
  const answer = await readAnswer(endpoint, await handler(call(data)));
  expect(answer).toEqual({ kind: "done", output: JSON.parse(JSON.stringify(data)) });
});

test("a changed body, another key, an old signature and none at all are refused by the SDK", async () => {
  const good = call({ n: 1 });
  const headers = Object.fromEntries(good.headers);
  const body = await good.text();
  const send = (text: string, more: Record<string, string>) =>
    handler(new Request(good.url, { method: "POST", body: text, headers: { ...headers, ...more } }));
  const old = new Date(Date.now() - 6 * 60_000);

  expect((await send(body, {})).status).toBe(200);
  expect((await send(body.replace('"n":1', '"n":2'), {})).status).toBe(401);
  expect((await send(body, { "x-inngest-signature": signature("signkey-test-ff", body) })).status).toBe(401);
  expect((await send(body, { "x-inngest-signature": signature(signingKey, body, old) })).status).toBe(401);
  expect((await send(body, { "x-inngest-signature": "" })).status).toBe(401);
});

test("registration is answered only when signed", async () => {
  expect(await readSync(endpoint, await handler(syncRequest(endpoint)))).toHaveLength(1);
  const bare = (method: string, body?: string) =>
    handler(new Request(endpoint.url, { method, body, headers: { host: "app.test" } }));
  expect((await bare("PUT", '{"url":"http://app.test/api/inngest"}')).status).toBe(401);
  expect((await bare("GET")).status).toBe(401);
  expect((await bare("POST", "{}")).status).toBe(401);
});

test("answers that are not signed with our key are not believed", async () => {
  const forged = new Response("[]", {
    status: 206,
    headers: { "x-inngest-signature": signature("other", "[]") },
  });
  expect(await readAnswer(endpoint, forged)).toMatchObject({ kind: "unreachable" });
  expect(verifySignature(signingKey, "x", signature(signingKey, "x"))).toBe(true);
  expect(verifySignature(signingKey, "y", signature(signingKey, "x"))).toBe(false);
  expect(verifySignature(signingKey, "x", null)).toBe(false);
});
