import { and, count, eq, gt, inArray, isNull, lt, ne, notInArray, or, sql } from "drizzle-orm";
import { type Tx, transact } from "@/db/client";
import { assignments, enrolments, tasks } from "@/db/schema";
import { users } from "@/db/schema/accounts";
import { type TemplateSpec, templates, templateVersions } from "@/db/schema/templates";
import { hosts, warmPlans, workspaceEvents, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { pickHost, reserve } from "@/lib/hosts";
import { actorName, type Ctx } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { env } from "@/lib/platform/env";
import { defaultLocale } from "@/lib/platform/i18n/locale";
import { randomLabel } from "@/lib/platform/ids";
import { finalStates } from "../state";
import { balance, splitByLocale } from "./balance";
import { staleBuilds } from "./builds";
import { claimedOf } from "./claimed";
import { dismissWarm } from "./dismiss";
import { tellPool } from "./tell";

/** A frozen one is replaced after so long, so that nobody gets what has slept for days. */
const oldestMs = 12 * 3_600_000;
/** After two boots that failed within it, a template is tried again only when it is over. */
const restMs = 10 * 60_000;
const keepPlansMs = 7 * 86_400_000;

/** `later`: something is missing, and students' own starts come first just now. */
export type Filled = { started: number; stopped: number; later: boolean };

/**
 * Brings every plan's warm workspaces to what it wants now: level-triggered, so it may be asked at any time,
 * by several at once, and after any crash. `builds` also asks the hosts whether images were built anew.
 */
export async function fillWarm({ ctx, builds }: { ctx: Ctx; builds?: boolean }): Promise<Filled> {
  const done: Filled = { started: 0, stopped: 0, later: false };
  const plans = await loadPlans(ctx);
  const rows = await loadRows(ctx);
  if (plans.length === 0 && rows.length === 0) return done;
  const stale = builds && rows.length > 0 ? await staleBuilds(ctx, rows) : new Set<string>();
  const bornAfter = new Date(ctx.clock.now().getTime() - oldestMs);
  const short: { plan: Plan; locale: string; missing: number }[] = [];
  for (const planId of new Set([...plans.map(({ id }) => id), ...rows.map((row) => row.planId)])) {
    const plan = plans.find(({ id }) => id === planId);
    const { stop, missing } = balance(
      rows
        .filter((row) => row.planId === planId)
        .map((row) => ({ ...row, imageIsCurrent: !stale.has(row.id) })),
      plan ? await wantedOf(ctx, plan) : new Map(),
      { templateVersionId: plan?.versionId ?? "", bornAfter },
    );
    for (const { id, why } of stop) if (await dismissWarm(ctx, id, why)) done.stopped++;
    if (plan) for (const [locale, n] of missing) short.push({ plan, locale, missing: n });
  }
  await ctx.db
    .delete(warmPlans)
    .where(lt(warmPlans.untilAt, new Date(ctx.clock.now().getTime() - keepPlansMs)));
  for (const { plan, locale, missing } of short) {
    for (let n = 0; n < missing; n++) {
      if (await studentsAreStarting(ctx, plan.spec)) return { ...done, later: true };
      if ((await startOne(ctx, plan, locale)) !== "started") break;
      done.started++;
    }
  }
  return done;
}

type Plan = {
  id: string;
  templateId: string;
  versionId: string;
  spec: TemplateSpec;
  count: number;
  refill: boolean;
};

/** The plans that want something now; in a region that is switched off nothing waits and costs. */
async function loadPlans(ctx: Ctx): Promise<Plan[]> {
  const now = ctx.clock.now();
  const open = await ctx.db.select({ id: hosts.id }).from(hosts).where(eq(hosts.status, "enabled"));
  const plans = await ctx.db
    .select({
      id: warmPlans.id,
      templateId: templates.id,
      versionId: templateVersions.id,
      spec: templateVersions.spec,
      count: warmPlans.count,
      refill: warmPlans.refill,
    })
    .from(warmPlans)
    .innerJoin(templates, eq(templates.id, warmPlans.templateId))
    .innerJoin(templateVersions, eq(templateVersions.id, templates.currentVersionId))
    .where(
      and(
        isNull(templates.archivedAt),
        or(isNull(warmPlans.fromAt), sql`${warmPlans.fromAt} <= ${now}`),
        or(isNull(warmPlans.untilAt), gt(warmPlans.untilAt, now)),
      ),
    )
    .orderBy(warmPlans.createdAt, warmPlans.id);
  return plans.filter(({ spec }) => spec.driver !== "ecs" || open.some(({ id }) => id === spec.hostId));
}

/** Live and wanted ones, by the plan that they were booted for. */
async function loadRows(ctx: Ctx) {
  const rows = await ctx.db
    .select({
      id: workspaces.id,
      planId: workspaces.warmPlanId,
      hostId: workspaces.hostId,
      templateVersionId: workspaces.templateVersionId,
      locale: workspaces.locale,
      since: workspaces.requestedAt,
      state: workspaces.state,
    })
    .from(workspaces)
    .where(isLiveWarm());
  return rows.map(({ planId, locale, state, ...row }) => ({
    ...row,
    planId: planId ?? "",
    locale: locale ?? defaultLocale,
    frozen: state === "paused",
  }));
}

const isLiveWarm = () =>
  and(
    eq(workspaces.purpose, "warm"),
    eq(workspaces.desired, "running"),
    inArray(workspaces.state, ["provisioning", "booting", "paused"]),
  );

/** How many of each language the plan wants: a stock gets smaller with every one that was claimed. */
async function wantedOf(ctx: Ctx, plan: Plan): Promise<Map<string, number>> {
  const left = plan.refill ? plan.count : Math.max(0, plan.count - (await claimedOf(ctx.db, plan.id)));
  // An instance speaks whatever its image does.
  if (plan.spec.driver === "ecs") return new Map([[defaultLocale, left]]);
  const inExperiments = ctx.db
    .select({ id: tasks.experimentId })
    .from(tasks)
    .where(eq(tasks.templateId, plan.templateId));
  const students = await ctx.db
    .select({ locale: users.locale, n: sql<number>`count(distinct ${users.id})` })
    .from(assignments)
    .leftJoin(
      enrolments,
      and(eq(assignments.targetType, "class"), eq(enrolments.classId, assignments.targetId)),
    )
    .innerJoin(
      users,
      or(
        eq(users.id, enrolments.userId),
        and(eq(assignments.targetType, "student"), eq(users.id, assignments.targetId)),
      ),
    )
    .where(inArray(assignments.experimentId, inExperiments))
    .groupBy(users.locale);
  return splitByLocale(left, new Map(students.map(({ locale, n }) => [locale, Number(n)])), defaultLocale);
}

/** Whether a student waits for room or for a boot of their own, of hosts of the same kind: warm ones come after. */
async function studentsAreStarting(ctx: Ctx, { driver }: TemplateSpec): Promise<boolean> {
  const [row] = await ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .where(
      and(
        sql`json_unquote(json_extract(${templateVersions.spec}, '$.driver')) = ${driver}`,
        ne(workspaces.purpose, "warm"),
        eq(workspaces.desired, "running"),
        inArray(workspaces.state, ["requested", "queued", "provisioning", "booting"]),
        isNull(workspaces.claimedAt),
      ),
    )
    .limit(1);
  return row !== undefined;
}

async function startOne(
  ctx: Ctx,
  plan: Plan,
  locale: string,
): Promise<"started" | "busy" | "full" | "enough"> {
  const { memoryMb, diskMb } = plan.spec;
  if (await restsAfterFailures(ctx, plan.versionId)) return "busy";
  // Disk is promised only when a home comes; a host without room for one would be no use.
  // An instance's home lies on another host, and is promised there when it comes.
  const { spec } = plan;
  const host =
    spec.driver === "ecs"
      ? await openRegion(ctx, spec.hostId)
      : await pickHost({ ctx, input: { memoryMb, diskMb } });
  if (!host) return "full";
  const id = ctx.newId();
  const at = ctx.clock.now();
  return transact(ctx.db, async (tx) => {
    // The plan's lock makes two fills at once count one after the other.
    const [held] = await tx.select().from(warmPlans).where(eq(warmPlans.id, plan.id)).for("update");
    if (!held) return "enough";
    const [live] = await tx
      .select({ n: count() })
      .from(workspaces)
      .where(and(isLiveWarm(), eq(workspaces.warmPlanId, plan.id)));
    const left = plan.refill ? held.count : held.count - (await claimedOf(tx, plan.id));
    if ((live?.n ?? 0) >= left) return "enough";
    if (!(await reserve({ tx, input: { hostId: host.id, memoryMb, diskMb: 0 } }))) return "full";
    // After `reserve`, which holds the host's row: nobody adds to these sums meanwhile.
    if (!(await hasTurn(tx, host.id, memoryMb))) throw new NotNow();
    await tx.insert(workspaces).values({
      id,
      purpose: "warm",
      hostId: host.id,
      templateVersionId: plan.versionId,
      warmPlanId: plan.id,
      locale,
      label: randomLabel(),
      desired: "running",
      state: "provisioning",
      step: "container",
      stepAt: at,
      secret: seal(ctx.newToken()),
      memoryMb,
      requestedAt: at,
      stateAt: at,
    });
    await tx.insert(workspaceEvents).values({
      id: ctx.newId(),
      workspaceId: id,
      to: "provisioning",
      actor: actorName(ctx.actor),
      reason: "warm",
      at,
    });
    await sendEvent(ctx, tx, "warm/wanted", { workspaceId: id });
    await tellPool(ctx, tx, plan.versionId);
    return "started" as const;
  }).catch((error: unknown) => {
    if (error instanceof NotNow) return "busy" as const;
    throw error;
  });
}

async function openRegion(ctx: Ctx, hostId: string): Promise<{ id: string } | null> {
  const [host] = await ctx.db
    .select({ id: hosts.id })
    .from(hosts)
    .where(and(eq(hosts.id, hostId), eq(hosts.status, "enabled"), eq(hosts.health, "ok")));
  return host ?? null;
}

/** Rolls the reservation back. */
class NotNow extends Error {}

/** So many instances are ordered ahead at once: the calls of a region are for students first. */
const cloudBoots = 10;

/** One warm boot at a time for two cores, and no more memory than the operator lets them hold. */
async function hasTurn(tx: Tx, hostId: string, memoryMb: number): Promise<boolean> {
  const [host] = await tx.select().from(hosts).where(eq(hosts.id, hostId));
  const [sums] = await tx
    .select({
      memoryMb: sql<string | null>`sum(${workspaces.memoryMb})`,
      booting: sql<string | null>`sum(${workspaces.state} in ('provisioning', 'booting'))`,
    })
    .from(workspaces)
    .where(
      and(
        eq(workspaces.hostId, hostId),
        eq(workspaces.purpose, "warm"),
        notInArray(workspaces.state, [...finalStates]),
      ),
    );
  if (!host) return false;
  const mayHoldMb = (host.memoryMb * env().WARM_MEMORY_PERCENT) / 100;
  const boots = host.driver === "ecs" ? cloudBoots : Math.max(1, Math.floor(host.cpus / 2));
  return Number(sums?.booting ?? 0) < boots && Number(sums?.memoryMb ?? 0) + memoryMb <= mayHoldMb;
}

/** A template that does not boot is not tried for ever. */
async function restsAfterFailures(ctx: Ctx, versionId: string): Promise<boolean> {
  const [row] = await ctx.db
    .select({ n: count() })
    .from(workspaces)
    .where(
      and(
        eq(workspaces.purpose, "warm"),
        eq(workspaces.templateVersionId, versionId),
        eq(workspaces.state, "failed"),
        isNull(workspaces.readyAt),
        gt(workspaces.endedAt, new Date(ctx.clock.now().getTime() - restMs)),
      ),
    );
  return (row?.n ?? 0) >= 2;
}
