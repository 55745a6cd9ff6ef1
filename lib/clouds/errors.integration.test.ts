import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { cloudAccounts, cloudFindings } from "@/db/schema/clouds";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { fixedClock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import { deleteInstance, instanceOf, runInstance } from "./index";
import { clearClouds, emulatedRegion, emulatedSpec } from "./testing";

// Which code is of which kind, api/error-table.test.ts says of all of them; here is what each kind leads to.
const db = database();
const clock = fixedClock("2026-11-02T00:00:00.000Z");
const ctx = systemCtx("test", { db, clock });
let cloud: Emulator;
let hostId: string;
let accountId: string;

beforeAll(async () => {
  cloud = await startEmulator({ now: () => clock.now().getTime() });
});
// A region of its own each time, because what was sold out a moment ago is not asked for again.
beforeEach(async () => {
  ({ hostId, accountId } = await emulatedRegion(ctx, cloud));
});
afterEach(async () => {
  cloud.set({ faults: [] });
  for (const one of cloud.cloud.instances.all()) cloud.cloud.instances.delete(one);
  await clearClouds(db);
});
afterAll(async () => {
  await cloud.close();
  await closeDatabase();
});

const order = (workspaceId: string) => {
  const end = new Date(clock.now().getTime() + 90 * 60_000);
  const input = {
    spec: emulatedSpec(hostId),
    password: "Labyard-2026-x",
    guardAt: end,
    tags: { expires: end },
  };
  return runInstance({ ctx, input: { hostId, workspaceId, ...input } });
};
const told = (work: Promise<unknown>) => work.then(() => "done").catch((error) => toAppError(error).code);
const fail = (action: string, status: number, code: string) =>
  cloud.set({ faults: [{ action, kind: "error", status, code, times: 1 }] });
const accountNow = async () =>
  (await db.select().from(cloudAccounts).where(eq(cloudAccounts.id, accountId)))[0];

/** Orders once under a refusal, and says what became of it. */
async function refused(status: number, code: string) {
  fail("RunInstances", status, code);
  const workspaceId = newId();
  const answer = await told(order(workspaceId));
  const row = await instanceOf({ ctx, input: { workspaceId } });
  return { workspaceId, answer, row, account: await accountNow() };
}

describe("an order that is refused", () => {
  test.each([
    [500, "InternalError"],
    [409, "OperationConflict"],
    [400, "Throttling.User"],
    [429, "Throttling.Resource"],
    [500, "InstanceNotReady"],
  ])("%d %s is sent again later, under the same token", async (status, code) => {
    const { workspaceId, answer, row } = await refused(status, code);
    expect({ answer, state: row?.state, errorCode: row?.errorCode }).toEqual({
      answer: "unavailable",
      state: "intended",
      errorCode: code,
    });
    clock.advance(61_000);
    expect(await order(workspaceId)).toMatchObject({ state: "accepted" });
    const after = await instanceOf({ ctx, input: { workspaceId } });
    expect(after?.clientToken).toBe(row?.clientToken);
  });

  test.each([
    [403, "OperationDenied.NoStock"],
    [403, "QuotaExceed.ElasticQuota"],
    [400, "QuotaExceeded.PrivateIpAddress"],
  ])("%d %s is ordered in the next zone, under a new token", async (status, code) => {
    const { answer, row } = await refused(status, code);
    expect({ answer, state: row?.state, zoneId: row?.zoneId }).toEqual({
      answer: "done",
      state: "accepted",
      zoneId: "cn-hangzhou-i",
    });
    expect(row?.passedOver).toEqual([{ offer: "cn-hangzhou-h ecs.e-c1m2.large", code }]);
    expect(row?.clientToken).toBe(`${row?.id}-1`);
  });

  test.each([
    [403, "InvalidAccountStatus.NotEnoughBalance"],
    [403, "Forbidden.RAM"],
    [400, "QuotaExceed.AfterpayInstance"],
  ])("%d %s freezes the account, and nothing is ordered any more", async (status, code) => {
    const { answer, row, account } = await refused(status, code);
    expect({ answer, state: row?.state, status: account?.status, cause: account?.frozenCause }).toEqual({
      answer: "conflict",
      state: "refused",
      status: "frozen",
      cause: code,
    });
    const asked = cloud.calls.count("RunInstances");
    expect(await told(order(newId()))).toBe("conflict");
    expect(cloud.calls.count("RunInstances")).toBe(asked);
  });

  test.each([
    [400, "IdempotentParameterMismatch"],
    [400, "InvalidParameter"],
    [404, "InvalidImageId.NotFound"],
    [403, "InvalidVSwitchId.NotFound"],
  ])("%d %s ends this start alone", async (status, code) => {
    const { answer, row, account } = await refused(status, code);
    expect({ answer, state: row?.state, status: account?.status }).toEqual({
      answer: "conflict",
      state: "refused",
      status: "enabled",
    });
    expect(row?.request, "no secret stays").toBeNull();
  });
});

describe("a deletion that is refused", () => {
  const remove = async (workspaceId: string) => (await deleteInstance({ ctx, input: { workspaceId } })).gone;
  async function running(): Promise<string> {
    const workspaceId = newId();
    await order(workspaceId);
    clock.advance(5_000);
    return workspaceId;
  }

  test.each([
    [403, "IncorrectInstanceStatus"],
    [403, "IncorrectInstanceStatus.Initializing"],
    [403, "InvalidOperation.DeletionProtection"],
    [403, "InstanceLockedForSecurity"],
    [400, "DependencyViolation.RouteEntry"],
  ])("%d %s is asked for again until it is done", async (status, code) => {
    const workspaceId = await running();
    fail("DeleteInstance", status, code);
    expect(await remove(workspaceId)).toBe(false);
    const isBlocked = !/Status|NotReady/.test(code);
    expect(await db.select().from(cloudFindings)).toMatchObject(
      isBlocked ? [{ finding: "blocked", detail: code, settledAt: null }] : [],
    );
    clock.advance(61_000);
    expect(await remove(workspaceId)).toBe(true);
    expect(cloud.leftovers().instances).toEqual([]);
    for (const { settledAt } of await db.select().from(cloudFindings)) expect(settledAt).not.toBeNull();
  });

  test.each([
    [500, "InternalError"],
    [400, "Throttling.User"],
  ])("%d %s says that the cloud has to be asked again", async (status, code) => {
    const workspaceId = await running();
    fail("DeleteInstance", status, code);
    expect(await told(remove(workspaceId))).toBe("unavailable");
    clock.advance(61_000);
    await remove(workspaceId);
    clock.advance(1_000);
    expect(await remove(workspaceId)).toBe(true);
    expect(cloud.leftovers().instances).toEqual([]);
  });

  test("a protection that somebody set is taken off", async () => {
    const workspaceId = await running();
    const [instance] = cloud.cloud.instances.all();
    if (instance) instance.isProtected = true;
    expect(await remove(workspaceId)).toBe(false);
    clock.advance(61_000);
    expect(await remove(workspaceId)).toBe(true);
  });
});
