import * as sdk from "@alicloud/ecs20140526";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./index";
import { clientOf, codeOf, run } from "./testing";

let now = 0;
let emulator: Emulator;
let client: ReturnType<typeof clientOf>;
beforeEach(async () => {
  now = Date.UTC(2026, 10, 21, 10);
  emulator = await startEmulator({ now: () => now, controlToken: "token" });
  client = clientOf(emulator);
});
afterEach(() => emulator.close());

const order = (clientToken: string) => codeOf(client.runInstances(run({ clientToken })));
const regions = () => codeOf(client.describeRegions(new sdk.DescribeRegionsRequest()));
const count = () => emulator.leftovers().instances.length;

test("an answer that is lost after the deed: the token finds it", async () => {
  emulator.set({ faults: [{ action: "RunInstances", kind: "drop-after", nth: 1 }] });
  expect(await order("t")).toBe("no answer");
  expect(count()).toBe(1);
  expect(await order("t")).toBe("OK");
  expect(count()).toBe(1);
});

test("one that never arrived", async () => {
  emulator.set({ faults: [{ action: "RunInstances", kind: "drop-before", times: 1 }] });
  expect(await order("t")).toBe("no answer");
  expect(count()).toBe(0);
  expect(await order("t")).toBe("OK");
});

test("5xx before and after the deed", async () => {
  emulator.set({
    faults: [
      { action: "RunInstances", kind: "error", nth: 1 },
      { action: "RunInstances", kind: "error-after", nth: 2, status: 503, code: "ServiceUnavailable" },
    ],
  });
  expect(await order("t")).toBe("InternalError");
  expect(count()).toBe(0);
  expect(await order("t")).toBe("ServiceUnavailable");
  expect(await order("t")).toBe("OK");
  expect(count()).toBe(1);
});

test("the n-th call, whatever it is", async () => {
  emulator.set({ faults: [{ kind: "error", nth: 2, status: 403, code: "OperationDenied" }] });
  expect([await regions(), await order("t"), await regions()]).toEqual(["OK", "OperationDenied", "OK"]);
});

test("a minute has so many calls of an action, and the next one as many again", async () => {
  emulator.set({ throttle: { DescribeRegions: 2 } });
  expect([await regions(), await regions(), await regions()]).toEqual(["OK", "OK", "Throttling.User"]);
  expect(await order("t")).toBe("OK");
  now += 60_000;
  expect(await regions()).toBe("OK");
});

test("the client takes a throttled call for one", async () => {
  emulator.set({ throttle: { "*": 0 }, throttled: { status: 429, code: "Throttling.Resource" } });
  const error = await client.describeRegions(new sdk.DescribeRegionsRequest()).catch((one: unknown) => one);
  expect(error).toMatchObject({ name: "ThrottlingError", code: "Throttling.Resource", statusCode: 429 });
});

test("calls are counted, second by second", async () => {
  await regions();
  await regions();
  now += 1_000;
  await order("t");
  expect(emulator.calls.byAction()).toEqual({ DescribeRegions: 2, RunInstances: 1 });
  expect(emulator.calls.mostPerSecond()).toBe(2);
  expect(emulator.calls.mostPerSecond("RunInstances")).toBe(1);
});

test("another process turns the knobs over HTTP, with the token", async () => {
  const control = async (method: string, path: string, body?: object, token = "token") => {
    const headers = { authorization: `Bearer ${token}` };
    const said = body ? { body: JSON.stringify(body) } : {};
    const response = await fetch(`${emulator.url}/_emulator/${path}`, { method, headers, ...said });
    return { status: response.status, said: await response.json() };
  };
  expect(await control("GET", "bill", undefined, "wrong")).toMatchObject({ status: 401 });
  expect(await control("PATCH", "knobs", { deniedActions: ["DescribeRegions"] })).toMatchObject({
    status: 200,
  });
  expect(await regions()).toBe("Forbidden.RAM");
  expect(await order("t")).toBe("OK");
  expect(await control("POST", "advance", { ms: 3_600_000 })).toMatchObject({
    said: { now: now + 3_600_000 },
  });
  expect(await control("GET", "bill")).toMatchObject({ said: { total: 502_000 + 40 * 2_100 } });
  expect((await control("GET", "leftovers")).said).toEqual(emulator.leftovers());
  expect((await control("GET", "instances")).said).toMatchObject([{ status: "Running" }]);
  expect((await control("GET", "calls")).said).toMatchObject({ byAction: { RunInstances: 1 } });
  expect(await control("POST", "reclaim", { instanceId: "i-none" })).toMatchObject({ status: 404 });
  expect(await control("GET", "secrets")).toMatchObject({ status: 404 });
});
