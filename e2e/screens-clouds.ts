import { inArray } from "drizzle-orm";
import type { Db } from "@/db/client";
import { hosts, templates, templateVersions } from "@/db/schema";
import { charges, cloudAccounts, cloudFindings, cloudResources, cloudSweeps } from "@/db/schema/clouds";
import type { AccountCheck } from "@/lib/clouds";
import { emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import { systemCtx } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { newId } from "@/lib/platform/ids";
import type { Emulator } from "./ecs-emulator";

type Of = { teacherId: string; ready: string; ended: string; starting: string };

/**
 * Two cloud accounts: one of an emulator, which a template names; one that the cloud refuses, with a ledger in which
 * there is one of everything. Nobody answers for that one, so it stays as it is.
 */
export async function addClouds(db: Db, emulator: Emulator, of: Of) {
  const ctx = systemCtx("screens");
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const stamp = { createdBy: of.teacherId, createdAt: ago(9_000) };

  const { hostId } = await emulatedRegion(ctx, emulator, { room: 60 });
  const [templateId, versionId] = [newId(), newId()];
  const spec = { ...emulatedSpec(hostId), spot: "first" as const, diskMb: 2048 };
  await db.insert(templates).values({
    ...{
      id: templateId,
      name: "云桌面",
      description: "Linux 桌面，每人一台云服务器。",
      currentVersionId: versionId,
    },
    ...stamp,
    updatedAt: ago(9_000),
  });
  await db.insert(templateVersions).values({ id: versionId, templateId, number: 1, spec, ...stamp });

  const [accountId, frozenHostId] = [newId(), newId()];
  const checked: AccountCheck = {
    regionId: "cn-beijing",
    missing: ["RunInstances", "CreateSnapshot"],
    untried: [],
    problems: [{ code: "InvalidAccountStatus.NotEnoughBalance", key: "notEnoughBalance" }],
    policy: JSON.stringify(
      { Version: "1", Statement: [{ Effect: "Allow", Action: ["ecs:RunInstances"] }] },
      null,
      2,
    ),
  };
  await db.insert(cloudAccounts).values({
    id: accountId,
    name: `信息学院 ${accountId.slice(-4)}`,
    accessKeyId: "LTAI5tScreens",
    accessKeySecret: seal("nothing"),
    endpoint: "127.0.0.1:9",
    status: "frozen",
    frozenCause: "InvalidAccountStatus.NotEnoughBalance",
    checked,
    checkedAt: ago(12),
    ...stamp,
  });
  await db.insert(hosts).values({
    ...{
      id: frozenHostId,
      name: `信息学院 ${accountId.slice(-4)} cn-beijing`,
      driver: "ecs",
      status: "disabled",
    },
    endpoint: `ecs://${accountId}/cn-beijing`,
    ...{ cpus: 0, memoryMb: 20, diskMb: 0, seenAt: ago(3), createdAt: ago(9_000) },
  });
  const place = { accountId, hostId: frozenHostId, regionId: "cn-beijing", zoneId: "cn-beijing-h" };
  const desk = { kind: "instance", instanceType: "ecs.e-c1m2.large", spot: true, sizeGb: 40 } as const;
  const price = { runningPrice: 103_600, restingPrice: 28_000 };
  const row = (age: number, patch: Partial<typeof cloudResources.$inferInsert>) => ({
    ...{ id: newId(), ...place, ...desk, ...price, externalId: `i-2ze${newId().slice(-12).toLowerCase()}` },
    ...{ state: "running" as const, createdAt: ago(age), acceptedAt: ago(age), stateAt: ago(age - 1) },
    ...{ guardAt: ago(-75), ...patch },
  });
  const passedOver = [
    { offer: "cn-beijing-h ecs.e-c1m2.large spot", code: "OperationDenied.NoStock" },
    { offer: "cn-beijing-i ecs.e-c1m2.large spot", code: "QuotaExceed.ElasticQuota" },
  ];
  const kept = {
    zoneId: null,
    instanceType: null,
    spot: false,
    guardAt: null,
    runningPrice: 6_680,
    restingPrice: 6_680,
  };
  const rows = [
    row(24, { workspaceId: of.ready }),
    row(2, { workspaceId: of.starting, state: "accepted", passedOver, zoneId: "cn-beijing-j", spot: false }),
    row(90, { state: "deleting", desired: "gone", errorCode: "IncorrectInstanceStatus", errors: 2 }),
    row(3_000, {
      ...kept,
      kind: "snapshot",
      keptFor: "unsaved",
      workspaceId: of.ended,
      externalId: "s-2ze7q9",
    }),
    row(8_000, { ...kept, kind: "image", keptFor: "classImage", externalId: "m-2ze4c1" }),
  ];
  await db.insert(cloudResources).values(rows);
  await db.insert(charges).values(
    rows.map(({ id, kind, createdAt, runningPrice }) => ({
      ...{ id: newId(), resourceId: id, kind: kind === "instance" ? "compute" : kind },
      ...{ price: runningPrice, fromAt: createdAt },
    })),
  );
  const found = (minutes: number, patch: Partial<typeof cloudFindings.$inferInsert>) => ({
    ...{ id: newId(), hostId: frozenHostId, kind: "instance" as const, externalId: "i-2ze8k2m4" },
    ...{ finding: "orphan", action: "deleted", foundAt: ago(minutes), settledAt: ago(minutes - 1), ...patch },
  });
  await db
    .insert(cloudFindings)
    .values([
      found(2_000, {}),
      found(600, { kind: "disk", externalId: "d-2ze1x", finding: "orphan" }),
      found(90, { finding: "blocked", action: null, settledAt: null, detail: "InstanceLockedForSecurity" }),
    ]);
  const swept = (minutes: number, patch: Partial<typeof cloudSweeps.$inferInsert>) => ({
    ...{ id: newId(), hostId: frozenHostId, startedAt: ago(minutes), tookMs: 1_840 },
    ...{ compared: { instance: 3, snapshot: 1, image: 1, disk: 0, address: 0 } },
    ...{ orphans: 0, lost: 0, mended: 0, pending: 0, spared: 0, failed: 0, error: null, ...patch },
  });
  await db
    .insert(cloudSweeps)
    .values([
      swept(600, { orphans: 1 }),
      swept(190, {}),
      swept(12, { compared: {}, error: "InvalidAccountStatus.NotEnoughBalance", tookMs: 320 }),
      swept(2, { hostId, compared: { instance: 2, disk: 1 }, orphans: 1, pending: 1, askedBy: of.teacherId }),
    ]);
  return {
    cloudTemplateId: templateId,
    cloudVersionId: versionId,
    /** Nobody answers for them any more: other stories need not wait for that. */
    removeClouds: () => db.delete(hosts).where(inArray(hosts.id, [hostId, frozenHostId])),
  };
}
