import { and, eq, gt, isNull, lt, or, sql } from "drizzle-orm";
import type { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { type TemplateSpec, templates, templateVersions } from "@/db/schema/templates";
import { hosts, warmPlans } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { conflict, limit } from "@/lib/platform/errors";
import { loadTemplate } from "@/lib/templates";
import { claimedOf } from "./claimed";
import { addWarmPlanInput } from "./schema";

/**
 * Has so many workspaces of a template booted in advance. Who may edit the template. Throws `limit` with how
 * many more there is memory for: warm ones of all plans together may hold a share of the hosts only.
 */
export async function addWarmPlan({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof addWarmPlanInput>;
}): Promise<{ planId: string }> {
  const actor = requireUser(ctx);
  const { templateId, ...wish } = addWarmPlanInput.parse(input);
  const template = await loadTemplate(ctx, templateId, "edit");
  if (template.archivedAt) throw conflict("warm.archived");
  const now = ctx.clock.now();
  const plan = {
    count: wish.count,
    refill: wish.refill || wish.when === "always",
    running: wish.running && template.spec.driver === "ecs",
    ...timesOf(wish, now),
  };
  if (plan.untilAt && plan.untilAt <= now) throw conflict("warm.over");
  return transact(ctx.db, async (tx) => {
    // One plan at a time is measured against the hosts, or two would both have the last place.
    await tx.select({ id: hosts.id }).from(hosts).for("update");
    const { spec } = template;
    const roomMb = await roomFor(tx, spec, { from: plan.fromAt ?? now, until: plan.untilAt, now });
    const most = Math.floor(roomMb / spec.memoryMb);
    if (plan.count > most) throw limit(most > 0 ? "warm.tooMany" : "warm.full", { most, memoryMb: roomMb });
    const planId = ctx.newId();
    await tx
      .insert(warmPlans)
      .values({ id: planId, templateId, ...plan, createdBy: actor.id, createdAt: now });
    await recordAudit(ctx, tx, {
      action: "warm.plan",
      targetType: "template",
      targetId: templateId,
      after: { planId, ...plan },
    });
    await sendEvent(ctx, tx, "warm/plan.changed", { templateId, planId });
    await publishChange(ctx, tx, [`template:${templateId}`], "warm.changed");
    return { planId };
  });
}

type Wish = Pick<z.infer<typeof addWarmPlanInput>, "when" | "fromAt" | "untilAt">;

function timesOf({ when, fromAt, untilAt }: Wish, now: Date): { fromAt: Date | null; untilAt: Date | null } {
  if (when === "always") return { fromAt: null, untilAt: null };
  if (when === "hour") return { fromAt: null, untilAt: new Date(now.getTime() + 3_600_000) };
  return { fromAt: fromAt ? new Date(fromAt) : null, untilAt: untilAt ? new Date(untilAt) : null };
}

/**
 * Memory in MB that warm ones may still hold over that time, beside every plan that overlaps with it: of all Docker
 * hosts, or of the one region that a template of a cloud names, where it counts instances.
 */
export async function roomFor(
  tx: Tx,
  of: TemplateSpec,
  { from, until, now }: { from: Date; until: Date | null; now: Date },
): Promise<number> {
  const [all] = await tx
    .select({ memoryMb: sql<string | null>`sum(${hosts.memoryMb})` })
    .from(hosts)
    .where(
      and(
        eq(hosts.status, "enabled"),
        eq(hosts.driver, of.driver),
        of.driver === "ecs" ? eq(hosts.id, of.hostId) : undefined,
      ),
    );
  const others = await tx
    .select({ plan: warmPlans, spec: templateVersions.spec })
    .from(warmPlans)
    .innerJoin(templates, eq(templates.id, warmPlans.templateId))
    .innerJoin(templateVersions, eq(templateVersions.id, templates.currentVersionId))
    .where(
      and(
        isNull(templates.archivedAt),
        or(isNull(warmPlans.untilAt), and(gt(warmPlans.untilAt, from), gt(warmPlans.untilAt, now))),
        until ? or(isNull(warmPlans.fromAt), lt(warmPlans.fromAt, until)) : undefined,
      ),
    );
  let held = 0;
  for (const { plan, spec } of others) {
    if (placeOf(spec) !== placeOf(of)) continue;
    // What a stock has given away is students' own by now.
    const left = plan.refill ? plan.count : Math.max(0, plan.count - (await claimedOf(tx, plan.id)));
    held += left * spec.memoryMb;
  }
  return Math.max(0, Math.floor((Number(all?.memoryMb ?? 0) * env().WARM_MEMORY_PERCENT) / 100) - held);
}

const placeOf = (spec: TemplateSpec): string => (spec.driver === "ecs" ? spec.hostId : spec.driver);
