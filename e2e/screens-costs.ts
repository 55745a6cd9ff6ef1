import { eq } from "drizzle-orm";
import { database } from "@/db/client";
import {
  assignments,
  budgets,
  type CloudSpec,
  charges,
  courses,
  experiments,
  priceQuotes,
  tasks,
  templates,
  templateVersions,
} from "@/db/schema";
import { newId } from "@/lib/platform/ids";
import { createWorld, type World } from "./world";

const hour = 3_600_000;
const yuan = 1_000_000;

const spec: CloudSpec = {
  driver: "ecs",
  protocol: "rdp",
  os: "windows",
  hostId: newId(),
  image: "m-bp67acfmxazb4p",
  user: "student",
  instanceTypes: ["ecs.c7.large"],
  vSwitches: [{ zoneId: "cn-hangzhou-h", vSwitchId: "vsw-bp1" }],
  securityGroupId: "sg-bp1",
  systemDisk: { category: "cloud_essd", sizeGb: 40 },
  spot: "never",
  spotPriceLimit: null,
  internetMbps: 0,
  launchTemplate: null,
  userData: "",
  memoryMb: 1,
  diskMb: 1024,
  startTimeoutSeconds: 600,
};

/** Three weeks in which students had cloud desktops, a budget that is nearly spent, and an experiment yet to publish. */
export async function addCosts(world: World): Promise<{ cloudExperimentId: string }> {
  const db = database();
  const others = await createWorld(db, { students: 3 });
  await db.update(courses).set({ name: "操作系统实践" }).where(eq(courses.id, others.courseId));
  const rows: (typeof charges.$inferInsert)[] = [];
  const midnight = new Date().setUTCHours(0, 0, 0, 0);
  const spend = (of: World, student: number, day: number, hours: number, kind: string, price: number) => {
    const fromAt = new Date(midnight - day * 24 * hour + (student % 9) * hour);
    const untilAt = new Date(fromAt.getTime() + hours * hour);
    rows.push({
      ...{ id: newId(), resourceId: newId(), userId: of.students[student]?.id, kind, price },
      ...{ courseId: of.courseId, classId: student === 3 ? null : of.classId },
      ...{ fromAt, untilAt, amount: Math.round(hours * price) },
    });
  };
  for (let day = 1; day < 21; day++) {
    if (day % 7 > 4) continue;
    for (let student = 0; student < 24; student += 1 + (day % 4))
      spend(world, student, day, 1 + ((student + day) % 3) / 2, "compute", 0.98 * yuan);
    spend(others, day % 3, day, 5 + (day % 5), "compute", 1.5 * yuan);
    spend(world, day % 5, day, 12, "disk", 0.06 * yuan);
  }
  rows.push({
    ...{ id: newId(), resourceId: newId(), kind: "image", price: 0.02 * yuan },
    fromAt: new Date(midnight - 18 * 24 * hour),
  });
  await db.insert(charges).values(rows);
  const spent = rows.filter(({ courseId }) => courseId === world.courseId);
  const amount = spent.reduce((sum, row) => sum + (row.amount ?? 0), 0);
  const stamp = { updatedBy: world.admin.id, updatedAt: new Date() };
  await db.insert(budgets).values({
    courseId: world.courseId,
    amount: Math.ceil(amount / 0.87 / yuan) * yuan,
    warnPercent: 80,
    ...stamp,
  });

  const [templateId, versionId, cloudExperimentId] = [newId(), newId(), newId()];
  const by = { createdBy: world.teacher.id, createdAt: new Date() };
  const named = { name: "Windows 桌面（ECS）", description: "", currentVersionId: versionId };
  await db.insert(templates).values({ id: templateId, ...named, ...by, updatedAt: new Date() });
  await db.insert(templateVersions).values({ id: versionId, templateId, number: 1, spec, ...by });
  const nextYear = new Date(Date.now() + 365 * 24 * hour);
  // Asked of no cloud: there is none behind these rows.
  await db
    .insert(priceQuotes)
    .values({ templateVersionId: versionId, price: 0.98 * yuan, quotedAt: nextYear });
  await db.insert(experiments).values({
    ...{ id: cloudExperimentId, courseId: world.courseId, title: "实验四　在 Windows 上建模" },
    ...{ description: "# 建模", ...by, updatedAt: new Date() },
  });
  await db.insert(tasks).values({
    ...{
      id: newId(),
      experimentId: cloudExperimentId,
      position: 1,
      type: "environment",
      title: "建模",
      templateId,
    },
    durationMinutes: 90,
  });
  await db
    .insert(assignments)
    .values({ id: newId(), experimentId: cloudExperimentId, targetType: "class", targetId: world.classId });
  return { cloudExperimentId };
}
