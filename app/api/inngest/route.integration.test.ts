import { NextRequest } from "next/server";
import { expect, test } from "vitest";
import { functions } from "@/inngest";
import { inngest, signingKey } from "@/inngest/client";
import { createExecutor, wakeExecutor } from "@/lib/executor";
import { systemCtx } from "@/lib/platform/context";
import { DELETE, GET, OPTIONS, PATCH, POST, PUT } from "./route";

const url = "http://127.0.0.1:3000/api/inngest";
const methods = { GET, POST, PUT, PATCH, DELETE, OPTIONS };

const send = (method: keyof typeof methods, body?: string, search = "") =>
  methods[method](new NextRequest(`${url}${search}`, { method, body, headers: { host: "127.0.0.1:3000" } }));

test("nothing is answered without a signature", async () => {
  expect((await send("GET")).status).toBe(401);
  expect((await send("PUT", JSON.stringify({ url }))).status).toBe(401);
  expect(
    (await send("POST", '{"event":{"name":"x"}}', "?fnId=labyard-executor-prune&stepId=step")).status,
  ).toBe(401);
  expect((await send("POST", "", "?probe=trust")).status).toBe(401);
  const forged = { "x-inngest-signature": `t=${Math.floor(Date.now() / 1_000)}&s=${"0".repeat(64)}` };
  const request = new NextRequest(`${url}?fnId=labyard-executor-prune&stepId=step`, {
    method: "POST",
    body: "{}",
    headers: { host: "127.0.0.1:3000", ...forged },
  });
  expect((await POST(request)).status).toBe(401);
});

test("other methods are not allowed", async () => {
  for (const method of ["PATCH", "DELETE", "OPTIONS"] as const) expect((await send(method)).status).toBe(405);
});

test("every function of the product can be registered with the embedded executor", async () => {
  const executor = createExecutor({
    db: systemCtx("test").db,
    owner: "route-test",
    call: (request) => PUT(new NextRequest(request)),
    endpoint: { url, signingKey: signingKey() },
  });
  await executor.register();
  expect(new Set(functions.map((fn) => fn.id())).size).toBe(functions.length);
});

test("what a function sends goes to the outbox, and nothing to any other host", async () => {
  wakeExecutor();
  const { ids } = await inngest().send({ name: "test/unknown", data: { n: 1 } });
  expect(ids).toHaveLength(1);
  await expect(inngest().send({ name: "inngest/function.failed", data: {} })).rejects.toThrow();
  await expect(inngest().fetch("https://inn.gs/e/key", { method: "POST", body: "[]" })).rejects.toThrow(
    "nothing is sent",
  );
});
