import { and, eq, isNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { charges, cloudResources } from "@/db/schema/clouds";
import { experiments, tasks } from "@/db/schema/experiments";
import { attempts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { amountOf } from "./amount";
import { type CloudResource, ownRate, type Rate, rateOf } from "./rate";

/**
 * Keeps the open charge of a resource in step with its row: call it in the transaction of every change of its state,
 * prices or workspace, with the row as it is afterwards and since when it is so (when the cloud made, stopped or
 * removed it, where that is known; otherwise now). Repeated with nothing changed, it does nothing. A stretch never
 * ends before it began.
 */
export async function meterResource(
  ctx: Pick<Ctx, "newId">,
  tx: Tx,
  resource: CloudResource,
  at: Date,
): Promise<void> {
  // Two who meter the same thing at once go one after the other: it has at most one open stretch.
  await tx
    .select({ id: cloudResources.id })
    .from(cloudResources)
    .where(eq(cloudResources.id, resource.id))
    .for("update");
  const [open] = await tx
    .select()
    .from(charges)
    .where(and(eq(charges.resourceId, resource.id), isNull(charges.untilAt)));
  const wanted = rateNow(resource, open ?? null);
  const owner = await ownerOf(tx, resource.workspaceId);
  if (open && wanted && isSame(open, wanted) && open.attemptId === owner.attemptId) return;
  if (open) {
    const untilAt = at > open.fromAt ? at : open.fromAt;
    const amount = amountOf(open.price, open.fromAt, untilAt);
    await tx.update(charges).set({ untilAt, amount }).where(eq(charges.id, open.id));
  }
  if (!wanted || wanted.price === 0) return;
  await tx.insert(charges).values({
    id: ctx.newId(),
    resourceId: resource.id,
    workspaceId: resource.workspaceId,
    ...owner,
    ...wanted,
    fromAt: open && open.fromAt > at ? open.fromAt : at,
  });
}

/** The same for everything that a workspace has in the clouds: when it becomes somebody's. */
export async function meterWorkspace(
  ctx: Pick<Ctx, "newId">,
  tx: Tx,
  workspaceId: string,
  at: Date,
): Promise<void> {
  const rows = await tx.select().from(cloudResources).where(eq(cloudResources.workspaceId, workspaceId));
  for (const row of rows) await meterResource(ctx, tx, row, at);
}

type Charge = typeof charges.$inferSelect;

function rateNow(resource: CloudResource, open: Charge | null): Rate | Pick<Charge, "kind" | "price"> | null {
  const rate = rateOf(resource);
  if (rate !== "as is") return rate;
  if (open) return open;
  // An intent that is taken back may never have been heard; what has an id was there.
  return resource.externalId ? ownRate(resource) : null;
}

const isSame = (open: Charge, wanted: Pick<Charge, "kind" | "price">) =>
  open.kind === wanted.kind && open.price === wanted.price;

type Owner = Pick<Charge, "attemptId" | "userId" | "classId" | "courseId">;
const nobody: Owner = { attemptId: null, userId: null, classId: null, courseId: null };

/** Whom a workspace is for, as it is now. */
async function ownerOf(tx: Tx, workspaceId: string | null): Promise<Owner> {
  if (!workspaceId) return nobody;
  const [row] = await tx
    .select({
      attemptId: workspaces.attemptId,
      userId: workspaces.userId,
      classId: workspaces.classId,
      courseId: experiments.courseId,
    })
    .from(workspaces)
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .leftJoin(experiments, eq(experiments.id, tasks.experimentId))
    .where(eq(workspaces.id, workspaceId));
  return row ?? nobody;
}
