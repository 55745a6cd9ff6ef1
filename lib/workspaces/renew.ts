import { and, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import { affected, type Tx, transact } from "@/db/client";
import { collections, homes, workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { openFile } from "@/lib/platform/files";
import type { Driver, HomeFile, HomeRef } from "./drivers";
import { keptFiles } from "./kept-files";
import { recordEvent } from "./record-event";
import { topicsOf } from "./topics";

type Wish = Pick<typeof homes.$inferSelect, "resetWanted" | "fillFrom" | "resetAfter">;

/**
 * The next mount of this home makes it anew, with the files of a collection or empty; part of the caller's
 * transaction. Waits for `after`, else for whatever is still collected of it: until that is done nothing goes,
 * and if it fails everything stays. A second wish before the first came true only changes the files.
 */
export async function wantNewHome(
  tx: Tx,
  homeId: string,
  { fillFrom, after }: { fillFrom: string | null; after: string | null },
): Promise<void> {
  const [open] = await tx
    .select({ id: collections.id })
    .from(collections)
    .where(and(eq(collections.homeId, homeId), inArray(collections.state, ["pending", "running"])))
    .limit(1);
  const waitsFor = after ?? open?.id;
  await tx
    .update(homes)
    .set({ resetWanted: true, fillFrom, ...(waitsFor ? { resetAfter: waitsFor } : {}) })
    .where(eq(homes.id, homeId));
}

/** Takes a wish back that has not come true, with the attempt that it was for. */
export async function dropNewHome(tx: Tx, homeId: string): Promise<void> {
  await tx
    .update(homes)
    .set({ resetWanted: false, fillFrom: null, resetAfter: null })
    .where(and(eq(homes.id, homeId), eq(homes.resetWanted, true)));
}

/**
 * Whether the home holds what could not be saved when an attempt before this one ended: then it is the only
 * copy, and nobody may make it anew without another try.
 */
export async function holdsUnsaved(tx: Tx, homeId: string, attemptId: string | null): Promise<boolean> {
  const [last] = await tx
    .select({ state: collections.state })
    .from(collections)
    .where(
      and(
        eq(collections.homeId, homeId),
        inArray(collections.state, ["done", "failed"]),
        attemptId ? ne(collections.attemptId, attemptId) : undefined,
      ),
    )
    .orderBy(sql`${collections.id} DESC`)
    .limit(1);
  return last?.state === "failed";
}

/**
 * Mounts a taken home, made anew first where somebody wanted that. Every step may be repeated: the driver
 * empties once for each fence, files that are there already are left, and the wish goes last.
 * False: what has to be saved first is not saved yet, or another wish was made meanwhile: ask again, having
 * given the home back, so that the next taking has a fence of its own.
 */
export async function mountAsWanted(
  ctx: Ctx,
  driver: Driver,
  home: HomeRef,
  workspaceId: string,
): Promise<boolean> {
  const wish = await readWish(ctx, home.id);
  if (!wish.resetWanted) {
    await driver.mountHome(home, workspaceId);
    return true;
  }
  const saved = wish.resetAfter ? await stateOf(ctx, wish.resetAfter) : "done";
  if (saved === "pending" || saved === "running") return false;
  if (saved !== "done") {
    await driver.mountHome(home, workspaceId);
    return settle(ctx, home.id, workspaceId, wish, { reason: "reset:refused" });
  }
  await driver.renewHome(home, workspaceId);
  await driver.mountHome(home, workspaceId);
  const filled = wish.fillFrom ? await fill(ctx, driver, home, workspaceId, wish.fillFrom) : null;
  return settle(ctx, home.id, workspaceId, wish, {
    reason: filled ? `reset:filled:${filled.written}:${filled.refused.length}` : "reset:done",
    refused: filled?.refused,
  });
}

async function readWish(ctx: Ctx, homeId: string): Promise<Wish> {
  const [row] = await ctx.db
    .select({ resetWanted: homes.resetWanted, fillFrom: homes.fillFrom, resetAfter: homes.resetAfter })
    .from(homes)
    .where(eq(homes.id, homeId));
  return row ?? { resetWanted: false, fillFrom: null, resetAfter: null };
}

async function stateOf(ctx: Ctx, collectionId: string): Promise<string | null> {
  const [row] = await ctx.db
    .select({ state: collections.state })
    .from(collections)
    .where(eq(collections.id, collectionId));
  return row?.state ?? null;
}

async function fill(ctx: Ctx, driver: Driver, home: HomeRef, workspaceId: string, collectionId: string) {
  const refused: string[] = [];
  let written = 0;
  for await (const one of driver.writeFiles(home, workspaceId, filesOf(ctx, collectionId), "replace")) {
    if ("refused" in one) refused.push(`${one.path}: ${one.refused}`);
    else written++;
  }
  return { written, refused };
}

async function* filesOf(ctx: Ctx, collectionId: string): AsyncGenerator<HomeFile> {
  for await (const { sha256, ...file } of keptFiles(ctx, collectionId))
    yield { ...file, content: openFile(sha256) };
}

/** The wish came true, or was refused: it goes. False when another one was made meanwhile. */
async function settle(
  ctx: Ctx,
  homeId: string,
  workspaceId: string,
  wish: Wish,
  { reason, refused = [] }: { reason: string; refused?: string[] },
): Promise<boolean> {
  const same = (column: typeof homes.fillFrom | typeof homes.resetAfter, value: string | null) =>
    value === null ? isNull(column) : eq(column, value);
  return transact(ctx.db, async (tx) => {
    const done = await tx
      .update(homes)
      .set({
        resetWanted: false,
        fillFrom: null,
        resetAfter: null,
        ...(reason === "reset:refused" ? {} : { baseline: wish.fillFrom }),
      })
      .where(
        and(
          eq(homes.id, homeId),
          eq(homes.resetWanted, true),
          same(homes.fillFrom, wish.fillFrom),
          same(homes.resetAfter, wish.resetAfter),
        ),
      );
    if (affected(done) === 0) return false;
    const [row] = await tx.select().from(workspaces).where(eq(workspaces.id, workspaceId));
    if (!row) return false;
    await recordEvent(ctx, tx, row, reason);
    await recordAudit(ctx, tx, {
      action: reason === "reset:refused" ? "home.resetRefused" : "home.reset",
      targetType: "home",
      targetId: homeId,
      after: { workspaceId, from: wish.fillFrom, copy: wish.resetAfter, refused: refused.slice(0, 100) },
    });
    await publishChange(ctx, tx, await topicsOf(tx, row), "home.reset", { workspaceId, reason });
    return true;
  });
}
