import { and, eq, inArray, like, notInArray } from "drizzle-orm";
import type { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { cloudAccounts, cloudResources, cloudSweeps } from "@/db/schema/clouds";
import { hosts, workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { conflict, invalid, isDuplicate, notFound } from "@/lib/platform/errors";
import { allow } from "./allow";
import { overStates } from "./ledger";
import { type CloudAccount, endpointOf, readEndpoint } from "./region";
import {
  accountFields,
  accountIdInput,
  addRegionInput,
  editAccountInput,
  editRegionInput,
  regionInput,
  setAccountStatusInput,
} from "./schema";

type Args<S extends z.ZodType> = { ctx: Ctx; input: z.input<S> };

/** What the log keeps of an account: never its secret. */
const auditable = ({ name, accessKeyId, endpoint, status }: Partial<CloudAccount>) => ({
  name,
  accessKeyId,
  endpoint,
  status,
});

async function record(
  ctx: Ctx,
  tx: Tx,
  action: string,
  accountId: string,
  before: Partial<CloudAccount> | null,
  after: Partial<CloudAccount> | null,
): Promise<void> {
  await recordAudit(ctx, tx, {
    action: `cloudAccount.${action}`,
    targetType: "cloudAccount",
    targetId: accountId,
    before: before && auditable(before),
    after: after && auditable(after),
  });
  await publishChange(ctx, tx, ["admin"], "cloud.account", { accountId });
}

async function locked(tx: Tx, accountId: string): Promise<CloudAccount> {
  const [row] = await tx.select().from(cloudAccounts).where(eq(cloudAccounts.id, accountId)).for("update");
  if (!row) throw notFound("cloudAccount");
  return row;
}

async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isDuplicate(error) ? conflict("cloud.accountNameTaken") : error;
  }
}

/** A way into an account of the cloud. Nothing is asked of the cloud yet: check it. */
export async function addAccount({ ctx, input }: Args<typeof accountFields>): Promise<{ accountId: string }> {
  allow(ctx, "manage");
  const { accessKeySecret, endpoint, ...fields } = accountFields.parse(input);
  if (!accessKeySecret) throw invalid("invalid", { accessKeySecret: "teach.field.required" });
  const row: CloudAccount = {
    id: ctx.newId(),
    ...fields,
    accessKeySecret: seal(accessKeySecret),
    endpoint: endpoint || null,
    status: "enabled",
    frozenCause: null,
    checked: null,
    checkedAt: null,
    createdBy: requireUser(ctx).id,
    createdAt: ctx.clock.now(),
  };
  await named(
    transact(ctx.db, async (tx) => {
      await tx.insert(cloudAccounts).values(row);
      await record(ctx, tx, "add", row.id, null, row);
    }),
  );
  return { accountId: row.id };
}

/** Changes its name or its keys; an empty secret keeps the one that is there. */
export async function editAccount({ ctx, input }: Args<typeof editAccountInput>): Promise<void> {
  allow(ctx, "manage");
  const { accountId, accessKeySecret, endpoint, ...fields } = editAccountInput.parse(input);
  await named(
    transact(ctx.db, async (tx) => {
      const before = await locked(tx, accountId);
      const secret = accessKeySecret ? { accessKeySecret: seal(accessKeySecret) } : {};
      const after = { ...fields, ...secret, endpoint: endpoint || null };
      await tx.update(cloudAccounts).set(after).where(eq(cloudAccounts.id, accountId));
      await record(ctx, tx, "edit", accountId, before, { ...before, ...after });
    }),
  );
}

/** Opens an account for starts, or closes it: what runs in it goes on, and is looked after as before. */
export async function setAccountStatus({ ctx, input }: Args<typeof setAccountStatusInput>): Promise<void> {
  allow(ctx, "manage");
  const { accountId, status } = setAccountStatusInput.parse(input);
  await transact(ctx.db, async (tx) => {
    const before = await locked(tx, accountId);
    if (before.status === status) return;
    const after = { status, frozenCause: null };
    await tx.update(cloudAccounts).set(after).where(eq(cloudAccounts.id, accountId));
    await record(ctx, tx, "status", accountId, before, { ...before, ...after });
  });
}

/** Takes an account out that has no region any more. */
export async function removeAccount({ ctx, input }: Args<typeof accountIdInput>): Promise<void> {
  allow(ctx, "manage");
  const { accountId } = accountIdInput.parse(input);
  await transact(ctx.db, async (tx) => {
    const before = await locked(tx, accountId);
    const regions = await tx
      .select({ id: hosts.id })
      .from(hosts)
      .where(and(eq(hosts.driver, "ecs"), like(hosts.endpoint, `ecs://${accountId}/%`)));
    if (regions.length > 0) throw conflict("cloud.hasRegions");
    await tx.delete(cloudAccounts).where(eq(cloudAccounts.id, accountId));
    await record(ctx, tx, "remove", accountId, before, null);
  });
}

/** A region of an account becomes a host, with room for so many instances. */
export async function addRegion({ ctx, input }: Args<typeof addRegionInput>): Promise<{ hostId: string }> {
  allow(ctx, "manage");
  const { accountId, regionId, most, reach } = addRegionInput.parse(input);
  const hostId = ctx.newId();
  try {
    await transact(ctx.db, async (tx) => {
      const account = await locked(tx, accountId);
      await tx.insert(hosts).values({
        id: hostId,
        name: `${account.name} ${regionId}`.slice(-80),
        driver: "ecs",
        endpoint: endpointOf(accountId, regionId, reach),
        cpus: 0,
        memoryMb: most,
        diskMb: 0,
        createdAt: ctx.clock.now(),
      });
      await recordRegion(ctx, tx, "add", hostId, null, { accountId, regionId, most, reach });
    });
  } catch (error) {
    throw isDuplicate(error) ? conflict("cloud.regionKnown") : error;
  }
  return { hostId };
}

type RegionFacts = Record<string, string | number | null>;

async function recordRegion(
  ctx: Ctx,
  tx: Tx,
  action: string,
  hostId: string,
  before: RegionFacts | null,
  after: RegionFacts | null,
): Promise<void> {
  const target = { targetType: "host", targetId: hostId };
  await recordAudit(ctx, tx, { action: `cloudRegion.${action}`, ...target, before, after });
  await publishChange(ctx, tx, ["admin"], "host.status", { hostId });
}

async function lockedRegion(tx: Tx, hostId: string) {
  const [host] = await tx.select().from(hosts).where(eq(hosts.id, hostId)).for("update");
  if (host?.driver !== "ecs") throw notFound("host");
  return { host, ...readEndpoint(host.endpoint) };
}

/** Changes how many instances a region may have, and over which address they are reached. */
export async function editRegion({ ctx, input }: Args<typeof editRegionInput>): Promise<void> {
  allow(ctx, "manage");
  const { hostId, most, reach } = editRegionInput.parse(input);
  await transact(ctx.db, async (tx) => {
    const before = await lockedRegion(tx, hostId);
    const endpoint = endpointOf(before.accountId, before.regionId, reach);
    await tx.update(hosts).set({ memoryMb: most, endpoint }).where(eq(hosts.id, hostId));
    const facts = { most: before.host.memoryMb, reach: before.reach };
    await recordRegion(ctx, tx, "edit", hostId, facts, { most, reach });
  });
}

/** Takes a region out in which there is nothing of ours any more. */
export async function removeRegion({ ctx, input }: Args<typeof regionInput>): Promise<void> {
  allow(ctx, "manage");
  const { hostId } = regionInput.parse(input);
  await transact(ctx.db, async (tx) => {
    const { accountId, regionId } = await lockedRegion(tx, hostId);
    const [things, running] = await Promise.all([
      tx
        .select({ id: cloudResources.id })
        .from(cloudResources)
        .where(and(eq(cloudResources.hostId, hostId), notInArray(cloudResources.state, overStates))),
      tx
        .select({ id: workspaces.id })
        .from(workspaces)
        .where(and(eq(workspaces.hostId, hostId), notInArray(workspaces.state, ["stopped", "failed"]))),
    ]);
    const count = new Set([...things, ...running].map(({ id }) => id)).size;
    if (count > 0) throw conflict("cloud.regionInUse", { count });
    await tx.delete(hosts).where(inArray(hosts.id, [hostId]));
    await tx.delete(cloudSweeps).where(eq(cloudSweeps.hostId, hostId));
    await recordRegion(ctx, tx, "remove", hostId, { accountId, regionId }, null);
  });
}
