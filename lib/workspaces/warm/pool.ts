import { and, asc, desc, eq, gt, inArray, isNull, ne, notInArray, or, sql } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { cloudResources } from "@/db/schema/clouds";
import { type TemplateSpec, templateVersions } from "@/db/schema/templates";
import { warmPlans, workspaces } from "@/db/schema/workspaces";
import { cloudPrice } from "@/lib/clouds";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { loadTemplate } from "@/lib/templates";
import { roomFor } from "./add-plan";

export type WarmPool = Awaited<ReturnType<typeof warmPool>>;

/** The plans of a template that are not over, with what there is of each, for who may edit the template. */
export async function warmPool({ ctx, input }: { ctx: Ctx; input: { templateId: string } }) {
  const template = await loadTemplate(ctx, input.templateId, "edit");
  const now = ctx.clock.now();
  const rows = await ctx.db
    .select({ plan: warmPlans, createdByName: users.name })
    .from(warmPlans)
    .leftJoin(users, eq(users.id, warmPlans.createdBy))
    .where(
      and(eq(warmPlans.templateId, template.id), or(isNull(warmPlans.untilAt), gt(warmPlans.untilAt, now))),
    )
    .orderBy(asc(warmPlans.createdAt))
    .limit(100);
  const counts = await countsOf(
    ctx,
    rows.map(({ plan }) => plan.id),
  );
  const plans = rows.map(({ plan, createdByName }) => {
    const begun = !plan.fromAt || plan.fromAt <= now;
    const has = counts.get(plan.id) ?? { ready: 0, booting: 0, claimed: 0 };
    const wanted = !begun ? 0 : plan.refill ? plan.count : Math.max(0, plan.count - has.claimed);
    const { id, count, refill, running, fromAt, untilAt } = plan;
    return { id, count, refill, running, fromAt, untilAt, createdByName, begun, wanted, ...has };
  });
  const sum = (of: (plan: (typeof plans)[number]) => number) =>
    plans.reduce((all, plan) => all + of(plan), 0);
  const inAnHour = new Date(now.getTime() + 3_600_000);
  const roomMb = await roomFor(ctx.db, template.spec, { from: now, until: inAnHour, now });
  return {
    plans,
    ready: sum((plan) => plan.ready),
    booting: sum((plan) => plan.booting),
    wanted: sum((plan) => plan.wanted),
    heldMb: sum((plan) => plan.ready + plan.booting) * template.spec.memoryMb,
    eachMb: template.spec.memoryMb,
    /** Instances of a cloud hold money, and no memory of ours; null of containers. */
    cloud: template.spec.driver === "ecs" ? await moneyOf(ctx, template) : null,
    /** How many more there is memory for in the coming hour. */
    room: Math.floor(roomMb / template.spec.memoryMb),
    percent: env().WARM_MEMORY_PERCENT,
    /** Why the last one did not come up, while no later one has. */
    failed: await lastFailure(ctx, template.currentVersionId),
    now,
  };
}

/**
 * What those of a template that wait or boot cost an hour now, and what one costs that waits stopped, or running; null
 * where the cloud does not say. Micro-yuan.
 */
async function moneyOf(ctx: Ctx, { id, spec }: { id: string; spec: TemplateSpec }) {
  const price = sql`if(${cloudResources.state} = 'stopped', ${cloudResources.restingPrice}, ${cloudResources.runningPrice})`;
  const [row] = await ctx.db
    .select({ hourly: sql<string | null>`sum(${price})` })
    .from(cloudResources)
    .innerJoin(workspaces, eq(workspaces.id, cloudResources.workspaceId))
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .where(
      and(
        eq(templateVersions.templateId, id),
        eq(workspaces.purpose, "warm"),
        eq(cloudResources.kind, "instance"),
        notInArray(cloudResources.state, ["intended", "gone", "refused"]),
      ),
    );
  const each =
    spec.driver === "ecs"
      ? await cloudPrice({ ctx, input: spec }).then(
          ({ onDemand, resting }) => ({ running: onDemand, resting }),
          () => null,
        )
      : null;
  return { hourly: Number(row?.hourly ?? 0), each };
}

type Counts = { ready: number; booting: number; claimed: number };

async function countsOf(ctx: Ctx, planIds: readonly string[]): Promise<Map<string, Counts>> {
  if (planIds.length === 0) return new Map();
  const warm = sql`${workspaces.purpose} = 'warm' and ${workspaces.desired} = 'running'`;
  const rows = await ctx.db
    .select({
      planId: workspaces.warmPlanId,
      ready: sql<string>`sum(${warm} and ${workspaces.state} = 'paused')`,
      booting: sql<string>`sum(${warm} and ${workspaces.state} in ('provisioning', 'booting'))`,
      claimed: sql<string>`sum(${workspaces.claimedAt} is not null)`,
    })
    .from(workspaces)
    .where(inArray(workspaces.warmPlanId, [...planIds]))
    .groupBy(workspaces.warmPlanId);
  return new Map(
    rows.map((row): [string, Counts] => [
      row.planId ?? "",
      { ready: Number(row.ready), booting: Number(row.booting), claimed: Number(row.claimed) },
    ]),
  );
}

async function lastFailure(ctx: Ctx, versionId: string): Promise<string | null> {
  const [last] = await ctx.db
    .select({ state: workspaces.state, cause: workspaces.cause, readyAt: workspaces.readyAt })
    .from(workspaces)
    .where(
      and(
        eq(workspaces.templateVersionId, versionId),
        eq(workspaces.purpose, "warm"),
        ne(workspaces.state, "provisioning"),
        ne(workspaces.state, "booting"),
      ),
    )
    .orderBy(desc(workspaces.id))
    .limit(1);
  return last?.state === "failed" && !last.readyAt ? (last.cause ?? "internal") : null;
}
