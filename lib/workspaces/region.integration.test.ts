import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { hosts } from "@/db/schema";
import { cloudSweeps } from "@/db/schema/clouds";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { as, createWorld } from "@/e2e/world";
// biome-ignore lint/style/noRestrictedImports: what tests share is no part of the noun.
import { clearClouds, emulatedRegion } from "@/lib/clouds/testing";
import { fixedClock } from "@/lib/platform/clock";
import { type Ctx, systemCtx } from "@/lib/platform/context";
import { lookAfterRegion, sweepNow } from "./region";

const db = database();
const clock = fixedClock("2026-11-02T00:00:00.000Z");
const ctx: Ctx = systemCtx("test", { db, clock });
let cloud: Emulator;
let host: { id: string; endpoint: string };

beforeEach(async () => {
  cloud = await startEmulator({ now: () => clock.now().getTime() });
  const { hostId } = await emulatedRegion(ctx, cloud);
  const [row] = await db.select().from(hosts).where(eq(hosts.id, hostId));
  if (!row) throw new Error("no region");
  host = row;
});
afterEach(async () => {
  await cloud.close();
  await clearClouds(db);
});
afterAll(closeDatabase);

const sweeps = () => db.select().from(cloudSweeps);

it("sweeps a region each two minutes, whichever copy of the service is at it", async () => {
  for (let pass = 0; pass < 3; pass++) await lookAfterRegion(ctx, host);
  expect(await sweeps()).toHaveLength(1);
  clock.advance(2 * 60_000);
  await lookAfterRegion(ctx, host);
  expect(await sweeps()).toHaveLength(2);
});

it("sweeps at once for an administrator, and for nobody else", async () => {
  const world = await createWorld(db, { students: 0 });
  const input = { hostId: host.id };
  await expect(sweepNow({ ctx: as(world.teacher, db), input })).rejects.toMatchObject({ code: "forbidden" });
  expect(await sweepNow({ ctx: as(world.admin, db, { clock }), input })).toMatchObject({ orphans: 0 });
  expect(await sweeps()).toMatchObject([{ askedBy: world.admin.id, error: null }]);
});
