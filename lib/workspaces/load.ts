import { and, eq } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { courseMembers } from "@/db/schema/courses";
import { experiments, tasks } from "@/db/schema/experiments";
import { type Protocol, type TemplateSpec, templateVersions } from "@/db/schema/templates";
import { attempts, homes, hosts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import type { HomeRef, WorkspaceRef } from "./drivers";
import { can, type StaffRole, type WorkspaceAction } from "./policy";

export type WorkspaceRow = typeof workspaces.$inferSelect;

/** The workspace, if the actor may do this to it; otherwise `not_found`, as if it were not there. */
export async function loadWorkspace(
  ctx: Ctx,
  workspaceId: string,
  action: WorkspaceAction,
  tx: Tx = ctx.db,
): Promise<WorkspaceRow & { staff: StaffRole; experimentId: string | null; protocol: Protocol }> {
  const actorId = ctx.actor.type === "user" ? ctx.actor.id : "";
  const [row] = await tx
    .select({
      workspace: workspaces,
      role: courseMembers.role,
      experimentId: experiments.id,
      spec: templateVersions.spec,
    })
    .from(workspaces)
    .leftJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .leftJoin(experiments, eq(experiments.id, tasks.experimentId))
    .leftJoin(
      courseMembers,
      and(eq(courseMembers.courseId, experiments.courseId), eq(courseMembers.userId, actorId)),
    )
    .where(eq(workspaces.id, workspaceId));
  // A warm one is nobody's: there is nothing in it to see, and only the pool may stop it.
  if (!row || (row.workspace.purpose === "warm" && ctx.actor.type !== "system")) throw notFound("workspace");
  const staff = staffRole(ctx, row.role);
  if (!can(ctx.actor, action, { userId: row.workspace.userId, staff })) throw notFound("workspace");
  return {
    ...row.workspace,
    staff,
    experimentId: row.experimentId,
    protocol: row.spec?.protocol ?? "jupyter",
  };
}

/** Teacher or assistant of the course, by its members or by the permission for every course. */
export function staffRole(ctx: Ctx, role: "teacher" | "assistant" | "student" | null): StaffRole {
  if (ctx.actor.permissions.has("course.any")) return "teacher";
  return role === "teacher" || role === "assistant" ? role : null;
}

export type Loaded = {
  workspace: WorkspaceRow;
  template: TemplateSpec;
  ref: WorkspaceRef | null;
  home: (HomeRef & { mountedBy: string | null }) | null;
  experimentId: string | null;
  /** Language of the person who works in it, for the service inside. */
  locale: string | undefined;
};

const homeHosts = alias(hosts, "home_hosts");

/** A workspace with what a driver needs to know of it; `ref` is null until it has a host. */
export async function loadForDriver(ctx: Ctx, workspaceId: string): Promise<Loaded> {
  const [row] = await ctx.db
    .select({
      workspace: workspaces,
      template: templateVersions.spec,
      host: { id: hosts.id, endpoint: hosts.endpoint },
      home: homes,
      homeHost: { id: homeHosts.id, endpoint: homeHosts.endpoint },
      experimentId: tasks.experimentId,
      locale: users.locale,
    })
    .from(workspaces)
    .leftJoin(users, eq(users.id, workspaces.userId))
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .leftJoin(hosts, eq(hosts.id, workspaces.hostId))
    .leftJoin(homes, eq(homes.id, workspaces.homeId))
    .leftJoin(homeHosts, eq(homeHosts.id, homes.hostId))
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .where(eq(workspaces.id, workspaceId));
  if (!row) throw notFound("workspace");
  const { workspace, template, host, home, homeHost, experimentId, locale } = row;
  return {
    workspace,
    template,
    ref: host && { id: workspace.id, purpose: workspace.purpose, host, externalId: workspace.externalId },
    home:
      homeHost && home
        ? { id: home.id, host: homeHost, sizeMb: home.sizeMb, fence: home.fence, mountedBy: home.mountedBy }
        : null,
    experimentId,
    locale: workspace.locale ?? locale ?? undefined,
  };
}
