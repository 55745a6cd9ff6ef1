import { and, asc, desc, eq, inArray, lt, ne, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { cloudResources } from "@/db/schema/clouds";
import { experiments, tasks } from "@/db/schema/experiments";
import { templates, templateVersions } from "@/db/schema/templates";
import { attempts, hosts, workspaceEvents, workspaces } from "@/db/schema/workspaces";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { driverFor, type Stats } from "./drivers";
import { loadForDriver, loadWorkspace } from "./load";
import { usual } from "./queue/forecast";
import { bootHistory } from "./queue/history";
import { liveStates } from "./state";

/** The one live workspace of an attempt, whatever it is doing. */
export async function liveWorkspaceOf(tx: Tx, attemptId: string) {
  const [row] = await tx.select().from(workspaces).where(eq(workspaces.live, attemptId));
  return row ?? null;
}

/** What the page of one workspace shows. `not_found` for whoever may not see it. */
export async function getWorkspace({ ctx, workspaceId }: { ctx: Ctx; workspaceId: string }) {
  const row = await loadWorkspace(ctx, workspaceId, "see");
  const [more] = await ctx.db
    .select({
      attempt: attempts,
      task: tasks,
      experiment: { id: experiments.id, title: experiments.title, courseId: experiments.courseId },
      template: { name: templates.name, spec: templateVersions.spec },
      owner: { id: users.id, name: users.name, number: users.number },
    })
    .from(workspaces)
    .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .innerJoin(templates, eq(templates.id, templateVersions.templateId))
    .innerJoin(users, eq(users.id, workspaces.userId))
    .where(eq(workspaces.id, workspaceId));
  const { secret: _secret, address: _address, externalId: _externalId, causeDetail, ...workspace } = row;
  const live = workspace.attemptId ? await liveWorkspaceOf(ctx.db, workspace.attemptId) : null;
  return {
    workspace: { ...workspace, causeDetail: causeDetail ?? "" },
    ...(more ?? null),
    /** A later workspace of the same attempt, when this one is over. */
    successorId: live && live.id !== workspace.id ? live.id : null,
    now: ctx.clock.now(),
  };
}

/** Every move of it, oldest first. */
export async function listWorkspaceEvents({ ctx, workspaceId }: { ctx: Ctx; workspaceId: string }) {
  await loadWorkspace(ctx, workspaceId, "see");
  return ctx.db
    .select()
    .from(workspaceEvents)
    .where(eq(workspaceEvents.workspaceId, workspaceId))
    .orderBy(asc(workspaceEvents.at), asc(workspaceEvents.id))
    .limit(200);
}

/** CPU and memory of the container now; null while there is none. */
export async function workspaceStats({
  ctx,
  workspaceId,
}: {
  ctx: Ctx;
  workspaceId: string;
}): Promise<Stats | null> {
  const row = await loadWorkspace(ctx, workspaceId, "see");
  if (!["booting", "ready"].includes(row.state)) return null;
  const { ref, template } = await loadForDriver(ctx, workspaceId);
  return ref ? driverFor(template.driver).stats(ref) : null;
}

/** The tail of what it printed: of the running container, or as kept when it failed. */
export async function workspaceLogs({
  ctx,
  workspaceId,
}: {
  ctx: Ctx;
  workspaceId: string;
}): Promise<string> {
  const row = await loadWorkspace(ctx, workspaceId, "logs");
  if (row.causeDetail) return row.causeDetail;
  const { ref, template } = await loadForDriver(ctx, workspaceId);
  if (!ref || !row.externalId || row.endedAt) return "";
  return driverFor(template.driver).logs(ref, 200);
}

/** Everything that runs now for somebody, newest first, for administrators. */
export async function listRunning({ ctx, input }: { ctx: Ctx; input: { before?: string; limit?: number } }) {
  requirePermission(ctx, "workspace.any");
  const limit = Math.min(input.limit ?? 50, 200);
  const rows = await ctx.db
    .select({
      id: workspaces.id,
      state: workspaces.state,
      stateAt: workspaces.stateAt,
      step: workspaces.step,
      queuePosition: workspaces.queuePosition,
      queueUntil: workspaces.queueUntil,
      health: workspaces.health,
      purpose: workspaces.purpose,
      memoryMb: workspaces.memoryMb,
      requestedAt: workspaces.requestedAt,
      readyAt: workspaces.readyAt,
      activeAt: workspaces.activeAt,
      deadlineAt: attempts.deadlineAt,
      owner: { id: users.id, name: users.name, number: users.number },
      experiment: { id: experiments.id, title: experiments.title },
      host: { id: hosts.id, name: hosts.name },
      driver: hosts.driver,
      /** What it has in a cloud. */
      instanceType: sql<
        string | null
      >`(select ${cloudResources.instanceType} from ${cloudResources} where ${cloudResources.workspaceId} = ${workspaces.id} and ${cloudResources.kind} = 'instance' order by ${cloudResources.createdAt} desc limit 1)`,
    })
    .from(workspaces)
    .leftJoin(users, eq(users.id, workspaces.userId))
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .leftJoin(experiments, eq(experiments.id, tasks.experimentId))
    .leftJoin(hosts, eq(hosts.id, workspaces.hostId))
    .where(
      and(
        inArray(workspaces.state, liveStates),
        ne(workspaces.purpose, "warm"),
        input.before ? lt(workspaces.id, input.before) : undefined,
      ),
    )
    .orderBy(desc(workspaces.id))
    .limit(limit + 1);
  return { rows: rows.slice(0, limit), next: rows.length > limit ? (rows[limit - 1]?.id ?? null) : null };
}

export type WorkspaceRoute = {
  workspaceId: string;
  label: string;
  userId: string | null;
  attemptId: string | null;
  state: (typeof workspaces.$inferSelect)["state"];
  desired: "running" | "stopped";
  /** `ip:port` of the service inside, and the token it expects; null unless it is ready. */
  address: string | null;
  secret: string | null;
};

/** Where the proxy sends what comes in for a label or an id. */
export async function workspaceRoute(db: Tx, labelOrId: string): Promise<WorkspaceRoute | null> {
  const [row] = await db
    .select()
    .from(workspaces)
    .where(or(eq(workspaces.label, labelOrId), eq(workspaces.id, labelOrId)));
  if (!row) return null;
  const open = row.state === "ready" && row.desired === "running";
  return {
    workspaceId: row.id,
    label: row.label,
    userId: row.userId,
    attemptId: row.attemptId,
    state: row.state,
    desired: row.desired,
    address: open ? row.address : null,
    secret: open && row.secret ? unseal(row.secret) : null,
  };
}

/** Whether the actor may see its state, for live updates. */
export async function canSeeWorkspace(ctx: Ctx, workspaceId: string): Promise<boolean> {
  return loadWorkspace(ctx, workspaceId, "see").then(
    () => true,
    () => false,
  );
}

/** What a start of the same template took lately from its turn to boot, in ms; null where too few are known. */
export async function typicalStart({ ctx, workspaceId }: { ctx: Ctx; workspaceId: string }) {
  const { templateVersionId } = await loadWorkspace(ctx, workspaceId, "see");
  const history = await bootHistory(ctx.db, [templateVersionId]);
  return usual(history.get(templateVersionId) ?? []);
}
