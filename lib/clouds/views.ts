import {
  and,
  asc,
  desc,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  ne,
  notInArray,
  or,
  sql,
} from "drizzle-orm";
import { z } from "zod";
import { users } from "@/db/schema/accounts";
import {
  type CloudResourceState,
  charges,
  cloudAccounts,
  cloudFindings,
  cloudResources,
} from "@/db/schema/clouds";
import { experiments, tasks } from "@/db/schema/experiments";
import { attempts, hosts, workspaces } from "@/db/schema/workspaces";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { likePattern, type Page, pageOf, readCursor } from "@/lib/platform/keyset";
import type { AccountCheck } from "./check-account";
import { readEndpoint } from "./region";
import { resourceKinds } from "./resource-kinds";

// What the pages of administrators show. Secrets of accounts are in no row of it.

const over: CloudResourceState[] = ["gone", "refused"];

/** Every account with its regions, and how many instances run in each of how many that may. */
export async function listAccounts({ ctx }: { ctx: Ctx }) {
  requirePermission(ctx, "host.manage");
  const { accessKeySecret: _secret, createdBy: _by, ...columns } = columnsOfAccount;
  const [accounts, regions, counts] = await Promise.all([
    ctx.db.select(columns).from(cloudAccounts).orderBy(asc(cloudAccounts.name)).limit(100),
    ctx.db.select().from(hosts).where(eq(hosts.driver, "ecs")).orderBy(asc(hosts.name)).limit(500),
    ctx.db
      .select({ hostId: cloudResources.hostId, n: sql<string>`count(*)` })
      .from(cloudResources)
      .where(and(eq(cloudResources.kind, "instance"), notInArray(cloudResources.state, over)))
      .groupBy(cloudResources.hostId),
  ]);
  const running = new Map(counts.map(({ hostId, n }) => [hostId, Number(n)]));
  const views = regions.map((host) => ({
    ...readEndpoint(host.endpoint),
    hostId: host.id,
    name: host.name,
    status: host.status,
    health: host.health,
    seenAt: host.seenAt,
    most: host.memoryMb,
    running: running.get(host.id) ?? 0,
  }));
  return accounts.map((account) => ({
    ...account,
    checked: account.checked as AccountCheck | null,
    regions: views.filter(({ accountId }) => accountId === account.id),
  }));
}
export type AccountView = Awaited<ReturnType<typeof listAccounts>>[number];
export type RegionView = AccountView["regions"][number];

const columnsOfAccount = {
  id: cloudAccounts.id,
  name: cloudAccounts.name,
  accessKeyId: cloudAccounts.accessKeyId,
  accessKeySecret: cloudAccounts.accessKeySecret,
  endpoint: cloudAccounts.endpoint,
  status: cloudAccounts.status,
  frozenCause: cloudAccounts.frozenCause,
  checked: cloudAccounts.checked,
  checkedAt: cloudAccounts.checkedAt,
  createdBy: cloudAccounts.createdBy,
  createdAt: cloudAccounts.createdAt,
};

const resourceFilters = ["costs", "kept", "trouble", "over", "all"] as const;
export const listResourcesInput = z.object({
  q: z.string().trim().max(100).default(""),
  kind: z.enum(resourceKinds).optional(),
  show: z.enum(resourceFilters).default("costs"),
  cursor: z.string().max(200).optional(),
  limit: z.number().int().min(1).max(100).default(50),
});

/**
 * Everything in the ledger, newest first: what costs or may cost money (`costs`), what is kept for people (`kept`),
 * what the cloud is reluctant about (`trouble`), what is over. Amounts in micro-yuan up to now.
 */
export async function listResources({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof listResourcesInput>;
}): Promise<Page<ResourceView>> {
  requirePermission(ctx, "host.manage");
  const { q, kind, show, cursor, limit } = listResourcesInput.parse(input);
  const after = readCursor(cursor, 1);
  const live = notInArray(cloudResources.state, over);
  const shown = {
    costs: live,
    kept: and(live, isNotNull(cloudResources.keptFor)),
    trouble: and(live, or(gt(cloudResources.errors, 0), isNotNull(cloudResources.missingSince))),
    over: inArray(cloudResources.state, over),
    all: undefined,
  }[show];
  const found = likePattern(q);
  const rows = await resourceRows(ctx)
    .where(
      and(
        shown,
        kind ? eq(cloudResources.kind, kind) : undefined,
        q
          ? or(
              like(cloudResources.externalId, found),
              like(users.name, found),
              like(users.number, found),
              like(experiments.title, found),
              like(cloudResources.instanceType, found),
            )
          : undefined,
        after ? lt(cloudResources.id, after[0] ?? "") : undefined,
      ),
    )
    .orderBy(desc(cloudResources.id))
    .limit(limit + 1);
  const page = pageOf(rows, limit, (row) => [row.id]);
  return { ...page, rows: await withCosts(ctx, page.rows) };
}

const resourceRows = (ctx: Ctx) =>
  ctx.db
    .select({
      id: cloudResources.id,
      kind: cloudResources.kind,
      state: cloudResources.state,
      stateAt: cloudResources.stateAt,
      desired: cloudResources.desired,
      keptFor: cloudResources.keptFor,
      externalId: cloudResources.externalId,
      regionId: cloudResources.regionId,
      zoneId: cloudResources.zoneId,
      instanceType: cloudResources.instanceType,
      spot: cloudResources.spot,
      sizeGb: cloudResources.sizeGb,
      passedOver: cloudResources.passedOver,
      address: cloudResources.address,
      runningPrice: cloudResources.runningPrice,
      restingPrice: cloudResources.restingPrice,
      guardAt: cloudResources.guardAt,
      reclaimAt: cloudResources.reclaimAt,
      errorCode: cloudResources.errorCode,
      errors: cloudResources.errors,
      missingSince: cloudResources.missingSince,
      createdAt: cloudResources.createdAt,
      goneAt: cloudResources.goneAt,
      workspaceId: cloudResources.workspaceId,
      purpose: workspaces.purpose,
      attemptId: workspaces.attemptId,
      owner: { id: users.id, name: users.name, number: users.number },
      experiment: { id: experiments.id, title: experiments.title },
      region: hosts.name,
    })
    .from(cloudResources)
    .leftJoin(hosts, eq(hosts.id, cloudResources.hostId))
    .leftJoin(workspaces, eq(workspaces.id, cloudResources.workspaceId))
    .leftJoin(users, eq(users.id, workspaces.userId))
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .leftJoin(experiments, eq(experiments.id, tasks.experimentId));

type Row = Awaited<ReturnType<typeof resourceRows>>[number];
export type ResourceView = Row & { spent: number };

async function withCosts(ctx: Ctx, rows: readonly Row[]): Promise<ResourceView[]> {
  if (rows.length === 0) return [];
  const now = ctx.clock.now();
  const sums = await ctx.db
    .select({
      id: charges.resourceId,
      spent: sql<string>`sum(coalesce(${charges.amount}, round(${charges.price} * greatest(0, timestampdiff(microsecond, ${charges.fromAt}, ${now})) / 3600000000)))`,
    })
    .from(charges)
    .where(
      inArray(
        charges.resourceId,
        rows.map(({ id }) => id),
      ),
    )
    .groupBy(charges.resourceId);
  const spent = new Map(sums.map((sum) => [sum.id, Number(sum.spent)]));
  return rows.map((row) => ({ ...row, spent: spent.get(row.id) ?? 0 }));
}

/** How much there is of it now, and what it costs an hour; micro-yuan. */
export async function cloudFigures({ ctx }: { ctx: Ctx }) {
  requirePermission(ctx, "host.manage");
  const price = sql`case when ${cloudResources.kind} not in ('instance', 'address') then greatest(${cloudResources.runningPrice}, ${cloudResources.restingPrice}) when ${cloudResources.state} = 'stopped' then ${cloudResources.restingPrice} else ${cloudResources.runningPrice} end`;
  const [row] = await ctx.db
    .select({
      instances: sql<string>`coalesce(sum(${cloudResources.kind} = 'instance'), 0)`,
      kept: sql<string>`coalesce(sum(${cloudResources.keptFor} is not null), 0)`,
      hourly: sql<string>`coalesce(sum(${price}), 0)`,
    })
    .from(cloudResources)
    .where(and(notInArray(cloudResources.state, over), ne(cloudResources.state, "intended")));
  const [open] = await ctx.db
    .select({ n: sql<string>`count(*)` })
    .from(cloudFindings)
    .where(isNull(cloudFindings.settledAt));
  return {
    instances: Number(row?.instances ?? 0),
    kept: Number(row?.kept ?? 0),
    hourly: Number(row?.hourly ?? 0),
    findings: Number(open?.n ?? 0),
  };
}

export const listFindingsInput = z.object({
  show: z.enum(["open", "all"]).default("all"),
  cursor: z.string().max(200).optional(),
  limit: z.number().int().min(1).max(100).default(50),
});

/** What the sweeps found and did, newest first. */
export async function listFindings({ ctx, input }: { ctx: Ctx; input: z.input<typeof listFindingsInput> }) {
  requirePermission(ctx, "host.manage");
  const { show, cursor, limit } = listFindingsInput.parse(input);
  const after = readCursor(cursor, 1);
  const rows = await ctx.db
    .select({
      id: cloudFindings.id,
      kind: cloudFindings.kind,
      externalId: cloudFindings.externalId,
      finding: cloudFindings.finding,
      action: cloudFindings.action,
      detail: cloudFindings.detail,
      foundAt: cloudFindings.foundAt,
      settledAt: cloudFindings.settledAt,
      region: hosts.name,
    })
    .from(cloudFindings)
    .leftJoin(hosts, eq(hosts.id, cloudFindings.hostId))
    .where(
      and(
        show === "open" ? isNull(cloudFindings.settledAt) : undefined,
        after ? lt(cloudFindings.id, after[0] ?? "") : undefined,
      ),
    )
    .orderBy(desc(cloudFindings.id))
    .limit(limit + 1);
  return pageOf(rows, limit, (row) => [row.id]);
}
export type FindingView = Awaited<ReturnType<typeof listFindings>>["rows"][number];
