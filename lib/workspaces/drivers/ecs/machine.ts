import { and, eq, isNull } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import { cloudResources } from "@/db/schema/clouds";
import { tasks } from "@/db/schema/experiments";
import { type CloudSpec, templateVersions } from "@/db/schema/templates";
import { attempts, homes, hosts, workspaces } from "@/db/schema/workspaces";
import { instanceOf, observeInstance } from "@/lib/clouds";
import { type Ctx, systemCtx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { conflict, notFound } from "@/lib/platform/errors";
import type { HostRef } from "../driver";
import { keyOf } from "./key";
import { passwordOf } from "./password";
import { type Link, linkTo } from "./ssh";

const shared = globalThis as typeof globalThis & { labyardCloudCtx?: Ctx };

/** Whose database and clock this driver goes by: the service's own, unless a test says otherwise. */
export const cloudCtx = (): Ctx => shared.labyardCloudCtx ?? systemCtx("ecs");

/** For tests on a clock of their own; null puts the service's back. */
export function useCloudContext(ctx: Ctx | null): void {
  shared.labyardCloudCtx = ctx ?? undefined;
}

const homeHosts = alias(hosts, "home_hosts");

export type Known = {
  spec: CloudSpec;
  secret: string;
  attemptId: string | null;
  deadlineAt: Date | null;
  durationMinutes: number | null;
  /** Where the home lies; null while it has none. */
  homeHost: HostRef | null;
};

/** What the rows say of a workspace on an instance. */
export async function knownOf(ctx: Ctx, workspaceId: string): Promise<Known> {
  const [row] = await ctx.db
    .select({
      secret: workspaces.secret,
      attemptId: workspaces.attemptId,
      spec: templateVersions.spec,
      deadlineAt: attempts.deadlineAt,
      startedAt: attempts.startedAt,
      durationMinutes: tasks.durationMinutes,
      homeHost: { id: homeHosts.id, endpoint: homeHosts.endpoint },
    })
    .from(workspaces)
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .leftJoin(homes, eq(homes.id, workspaces.homeId))
    .leftJoin(homeHosts, eq(homeHosts.id, homes.hostId))
    .where(eq(workspaces.id, workspaceId));
  if (row?.spec.driver !== "ecs") throw notFound("workspace");
  const { spec, secret, startedAt, durationMinutes, ...rest } = row;
  return {
    ...rest,
    spec,
    secret: secret ? unseal(secret) : "",
    durationMinutes: startedAt ? null : durationMinutes,
  };
}

const sshPort = 22;

/** The connection to the running Linux instance of a workspace; `workspaceGone` where there is none. */
export async function linkOf(workspaceId: string): Promise<Link> {
  const ctx = cloudCtx();
  const row = await instanceOf({ ctx, input: { workspaceId } });
  if (!row?.address || row.desired === "gone") throw conflict("workspaceGone");
  const { spec, secret } = await knownOf(ctx, workspaceId);
  if (!secret || spec.os !== "linux") throw conflict("workspaceGone");
  return linkTo({
    workspaceId,
    host: row.address,
    port: sshPort,
    user: spec.user,
    password: passwordOf(secret),
    privateKey: keyOf(secret).privateKey,
    hostKey: row.hostKey,
    pin: (hostKey) => pin(ctx, row.id, hostKey),
  });
}

/** Of two that see a new machine at once, one says what it showed. */
async function pin(ctx: Ctx, resourceId: string, hostKey: string): Promise<string> {
  const which = eq(cloudResources.id, resourceId);
  await ctx.db
    .update(cloudResources)
    .set({ hostKey })
    .where(and(which, isNull(cloudResources.hostKey)));
  const [row] = await ctx.db.select({ hostKey: cloudResources.hostKey }).from(cloudResources).where(which);
  return row?.hostKey ?? "";
}

/** As the cloud says now. */
export const observed = (workspaceId: string) => observeInstance({ ctx: cloudCtx(), input: { workspaceId } });
