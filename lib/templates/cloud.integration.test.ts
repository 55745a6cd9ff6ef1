import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { auditLog, hosts } from "@/db/schema";
import { as, createWorld, jupyterSpec, type World } from "@/e2e/world";
import { newId } from "@/lib/platform/ids";
import {
  createTemplate,
  currentVersionOf,
  duplicateTemplate,
  editTemplate,
  fieldsOf,
  getTemplate,
  listRegions,
} from ".";

const db = database();
const [open, closed] = [newId(), newId()];
let world: World;

const fields = {
  driver: "ecs" as const,
  name: "云桌面",
  os: "linux" as const,
  hostId: open,
  image: "m-1",
  user: "root",
  instanceTypes: ["ecs.e-c1m2.large", "ecs.g7.large"],
  vSwitches: [{ zoneId: "cn-hangzhou-h", vSwitchId: "vsw-1" }],
  securityGroupId: "sg-1",
  systemDisk: { category: "cloud_essd", sizeGb: 40 },
  spot: "first" as const,
  internetMbps: 0,
  userData: "#!/bin/sh\npassword=secret",
  diskMb: 1024,
  startTimeoutSeconds: 600,
};
const key = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { key?: string }) => error.key,
  );

beforeAll(async () => {
  world = await createWorld(db, { students: 1 });
  const region = { driver: "ecs" as const, cpus: 0, memoryMb: 10, diskMb: 0, createdAt: new Date() };
  await db.insert(hosts).values([
    { ...region, id: open, name: `杭州 ${open}`, endpoint: `ecs://${newId()}/cn-hangzhou` },
    {
      ...region,
      id: closed,
      name: `北京 ${closed}`,
      endpoint: `ecs://${newId()}/cn-beijing`,
      status: "disabled",
    },
  ]);
});
afterAll(async () => {
  await db.delete(hosts).where(eq(hosts.driver, "ecs"));
  await closeDatabase();
});

test("a teacher makes, edits and copies a template for a region that is open", async () => {
  const ctx = as(world.teacher, db);
  const { templateId } = await createTemplate({ ctx, input: fields });
  const first = await getTemplate(ctx, templateId);
  expect(first.spec).toMatchObject({ driver: "ecs", protocol: "rdp", memoryMb: 1, launchTemplate: null });
  await editTemplate({
    ctx,
    input: { ...fields, spot: "never", templateId, basedOn: first.currentVersionId },
  });
  const second = await currentVersionOf(db, templateId);
  expect(second).toMatchObject({ number: 2, spec: { spot: "never" } });

  const other = as(world.otherTeacher, db);
  const copy = await duplicateTemplate({ ctx: other, input: { templateId, name: "副本" } });
  expect((await getTemplate(other, copy.templateId)).spec).toEqual(second.spec);

  const [row] = await db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.targetId, templateId), eq(auditLog.action, "template.create")));
  expect(JSON.stringify(row?.after)).not.toContain("secret");
});

test("a region that is closed takes no new template, and keeps those that it has", async () => {
  const ctx = as(world.teacher, db);
  expect(await key(createTemplate({ ctx, input: { ...fields, hostId: closed } }))).toBe("invalid");
  expect(await key(createTemplate({ ctx, input: { ...fields, hostId: newId() } }))).toBe("invalid");
  const regions = await listRegions(ctx);
  expect(regions.filter((region) => region.open).map(({ hostId }) => hostId)).toEqual([open]);
  expect(regions).toHaveLength(2);
  await expect(listRegions(as(world.stranger, db))).rejects.toMatchObject({ code: "forbidden" });

  const { templateId } = await createTemplate({ ctx, input: fields });
  await db.update(hosts).set({ status: "disabled" }).where(eq(hosts.id, open));
  const { currentVersionId: basedOn, spec } = await getTemplate(ctx, templateId);
  expect(await key(editTemplate({ ctx, input: { ...fieldsOf(spec), name: "n", templateId, basedOn } }))).toBe(
    "done",
  );
  expect(await key(createTemplate({ ctx, input: fields }))).toBe("invalid");
  await db.update(hosts).set({ status: "enabled" }).where(eq(hosts.id, open));
});

test("a template stays with its kind", async () => {
  const ctx = as(world.teacher, db);
  const { templateId } = await createTemplate({ ctx, input: fields });
  const { currentVersionId: basedOn } = await getTemplate(ctx, templateId);
  const container = { ...fieldsOf(jupyterSpec), name: "容器", templateId, basedOn };
  expect(await key(editTemplate({ ctx, input: container }))).toBe("templateKind");
});
