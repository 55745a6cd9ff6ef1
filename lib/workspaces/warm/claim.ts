import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { templateVersions } from "@/db/schema/templates";
import { attempts, homes, hosts, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { publishChange } from "@/lib/changes";
import { meterWorkspace } from "@/lib/costs";
import { pickHost, reserve } from "@/lib/hosts";
import type { Ctx } from "@/lib/platform/context";
import { classOf } from "../class-of";
import { createHome, giveHomeBack, takeHome } from "../homes";
import type { Wanted } from "../request";
import { moveWorkspace } from "../state";
import { topicsOf } from "../topics";

/**
 * Gives a student one of the booted, frozen workspaces, if one fits: the row becomes theirs, with their home
 * reserved and taken, in the caller's transaction; `attachClaimed` does the rest outside. Null: start cold.
 * Two claims at once never get the same one, and neither waits for the other.
 */
export async function claimWarm(ctx: Ctx, tx: Tx, wanted: Wanted): Promise<string | null> {
  const frozen = await listFrozen(tx, wanted.templateVersionId);
  const [first] = frozen;
  if (!first) return null;
  const { diskMb } = first.spec;
  const student = await loadStudent(tx, wanted);
  if (!student || student.homeIsBusy) return null;
  const { home } = student;
  const growsMb = Math.max(0, diskMb - (home?.sizeMb ?? 0));
  const isInCloud = first.spec.driver === "ecs";
  const fitting = frozen.filter(
    (one) =>
      isInCloud ||
      (one.locale === student.locale &&
        (home ? one.hostId === home.hostId : true) &&
        one.diskReservedMb + growsMb <= one.diskMb),
  );
  // The home of who works in a cloud lies on any Docker host with disk for it.
  const apart = isInCloud
    ? (home?.hostId ?? (await pickHost({ ctx: { db: tx }, input: { memoryMb: 0, diskMb } }))?.id)
    : null;
  if (isInCloud && !apart) return null;
  const won = await lockOne(tx, shuffled(fitting.map(({ id }) => id)));
  const hostId = apart ?? fitting.find(({ id }) => id === won)?.hostId;
  if (!won || !hostId) return null;

  const taker = { id: won, kind: "workspace" as const };
  if (home && !(await takeHome({ ...ctx, db: tx as Ctx["db"] }, home.id, taker))) return null;
  if (growsMb > 0 && !(await reserve({ tx, input: { hostId, memoryMb: 0, diskMb: growsMb } }))) {
    if (home) await giveHomeBack({ ...ctx, db: tx as Ctx["db"] }, home.id, won);
    return null;
  }
  if (home && growsMb > 0) await tx.update(homes).set({ sizeMb: diskMb }).where(eq(homes.id, home.id));
  const { taskId } = student;
  const homeId =
    home?.id ??
    (await createHome(ctx, tx, { taskId, userId: wanted.userId, hostId, sizeMb: diskMb, mountedBy: won }));
  const at = ctx.clock.now();
  const moved = await moveWorkspace(ctx, tx, won, {
    to: "booting",
    warm: true,
    reason: "claimed",
    patch: {
      ...wanted,
      purpose: "attempt",
      classId: await classOf(tx, wanted.attemptId),
      homeId,
      claimedAt: at,
      requestedAt: at,
      readyAt: null,
      step: "home",
      stepAt: at,
    },
    only: eq(workspaces.purpose, "warm"),
  });
  if (!moved) throw new Error("a locked warm workspace has moved");
  await meterWorkspace(ctx, tx, won, at);
  await sendEvent(ctx, tx, "workspace/claimed", { workspaceId: won });
  // The move was told to whom it concerned before; from now on it concerns its student.
  const topics = await topicsOf(tx, { id: won, userId: wanted.userId, attemptId: wanted.attemptId });
  await publishChange(ctx, tx, [...topics, `template:${first.templateId}`], "workspace.state", {
    workspaceId: won,
    state: "booting",
  });
  return won;
}

/** Those of one template's version that may be had. */
const listFrozen = (tx: Tx, templateVersionId: string) =>
  tx
    .select({
      id: workspaces.id,
      hostId: hosts.id,
      locale: workspaces.locale,
      diskMb: hosts.diskMb,
      diskReservedMb: hosts.diskReservedMb,
      templateId: templateVersions.templateId,
      spec: templateVersions.spec,
    })
    .from(workspaces)
    .innerJoin(hosts, eq(hosts.id, workspaces.hostId))
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .where(
      and(
        eq(workspaces.purpose, "warm"),
        eq(workspaces.state, "paused"),
        eq(workspaces.desired, "running"),
        eq(workspaces.templateVersionId, templateVersionId),
        eq(workspaces.health, "ok"),
        eq(hosts.status, "enabled"),
        eq(hosts.health, "ok"),
      ),
    )
    .limit(200);

/** The attempt's student with their home, if they have one; busy: mounted, being collected or to be made anew. */
async function loadStudent(tx: Tx, { attemptId, userId }: Wanted) {
  const [row] = await tx
    .select({ taskId: attempts.taskId, locale: users.locale, home: homes })
    .from(attempts)
    .innerJoin(users, eq(users.id, userId))
    .leftJoin(homes, and(eq(homes.taskId, attempts.taskId), eq(homes.userId, userId)))
    .where(eq(attempts.id, attemptId));
  if (!row) return null;
  const { taskId, locale, home } = row;
  const homeIsBusy = Boolean(home && (home.mountedBy || home.resetWanted || home.fillFrom));
  return { taskId, locale, home, homeIsBusy };
}

/** Locks the first that nobody else has locked: one row by its key each, so no scan locks the others' too. */
async function lockOne(tx: Tx, ids: readonly string[]): Promise<string | null> {
  for (const id of ids) {
    const [row] = await tx
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(
        and(
          eq(workspaces.id, id),
          eq(workspaces.purpose, "warm"),
          eq(workspaces.state, "paused"),
          eq(workspaces.desired, "running"),
        ),
      )
      .for("update", { skipLocked: true });
    if (row) return row.id;
  }
  return null;
}

/** Twenty at once shall not all try the same one first. */
function shuffled(ids: readonly string[]): string[] {
  return ids
    .map((id) => ({ id, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ id }) => id);
}
