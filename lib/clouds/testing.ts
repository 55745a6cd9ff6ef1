import { eq } from "drizzle-orm";
import { hosts } from "@/db/schema";
import { charges, cloudAccounts, cloudFindings, cloudResources, cloudSweeps } from "@/db/schema/clouds";
import type { CloudSpec } from "@/db/schema/templates";
import type { Emulator } from "@/e2e/ecs-emulator";
import type { Ctx } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { endpointOf } from "./region";

/** An account of the emulator with one region as a host, straight into the tables; for tests. */
export async function emulatedRegion(
  ctx: Ctx,
  { host, port, keys: [key] }: Pick<Emulator, "host" | "port" | "keys">,
  { regionId = "cn-hangzhou", room = 100 }: { regionId?: string; room?: number } = {},
): Promise<{ hostId: string; accountId: string }> {
  const [accountId, hostId, createdAt] = [ctx.newId(), ctx.newId(), ctx.clock.now()];
  await ctx.db.insert(cloudAccounts).values({
    id: accountId,
    name: `emulator ${accountId}`,
    accessKeyId: key.accessKeyId,
    accessKeySecret: seal(key.accessKeySecret),
    endpoint: `${host}:${port}`,
    createdBy: ctx.newId(),
    createdAt,
  });
  await ctx.db.insert(hosts).values({
    id: hostId,
    name: `${regionId} ${hostId}`,
    driver: "ecs",
    endpoint: endpointOf(accountId, regionId, "private"),
    cpus: 0,
    memoryMb: room,
    diskMb: 0,
    createdAt,
  });
  return { hostId, accountId };
}

/** Takes every account, region and line of the ledger away. */
export async function clearClouds(db: Ctx["db"]): Promise<void> {
  for (const table of [charges, cloudFindings, cloudSweeps, cloudResources, cloudAccounts])
    await db.delete(table);
  await db.delete(hosts).where(eq(hosts.driver, "ecs"));
}

/** A small Linux desktop in the first three zones of the emulator's Hangzhou. */
export const emulatedSpec = (hostId: string, wishes: Partial<CloudSpec> = {}): CloudSpec => ({
  driver: "ecs",
  protocol: "rdp",
  os: "linux",
  hostId,
  image: "ubuntu_24_04_x64_20G_alibase_20260915.vhd",
  user: "ecs-user",
  instanceTypes: ["ecs.e-c1m2.large", "ecs.c7.large"],
  vSwitches: ["h", "i", "j"].map((zone) => ({
    zoneId: `cn-hangzhou-${zone}`,
    vSwitchId: `vsw-cn-hangzhou-${zone}`,
  })),
  securityGroupId: "sg-cn-hangzhou",
  systemDisk: { category: "cloud_efficiency", sizeGb: 40 },
  spot: "never",
  spotPriceLimit: null,
  internetMbps: 0,
  launchTemplate: null,
  userData: "",
  memoryMb: 1,
  diskMb: 1024,
  startTimeoutSeconds: 300,
  ...wishes,
});
