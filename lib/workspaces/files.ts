import type { Readable } from "node:stream";
import { and, eq } from "drizzle-orm";
import { templateVersions } from "@/db/schema/templates";
import { attempts, homes, hosts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import {
  type Changed,
  type Collected,
  type CollectLimits,
  driverFor,
  type HomeChange,
  type HomeFile,
  type HomeListing,
  type HomeRef,
  type OnConflict,
  type Packed,
  type Written,
} from "./drivers";

/** The home behind an attempt; null before the first start. The caller has checked who asks. */
async function homeOf(ctx: Ctx, attemptId: string) {
  const [row] = await ctx.db
    .select({ home: homes, host: hosts, spec: templateVersions.spec })
    .from(attempts)
    .innerJoin(homes, and(eq(homes.userId, attempts.userId), eq(homes.taskId, attempts.taskId)))
    .innerJoin(hosts, eq(hosts.id, homes.hostId))
    .innerJoin(templateVersions, eq(templateVersions.id, attempts.templateVersionId))
    .where(eq(attempts.id, attemptId));
  if (!row) return null;
  const { home, host, spec } = row;
  const ref: HomeRef = {
    id: home.id,
    host: { id: host.id, endpoint: host.endpoint },
    sizeMb: home.sizeMb,
    fence: home.fence,
  };
  return { ref, mountedBy: home.mountedBy, driver: driverFor(spec.driver) };
}

/** One directory of the home of an attempt; empty before its first start. */
export async function listHomeFiles(ctx: Ctx, attemptId: string, path: string): Promise<HomeListing> {
  const home = await homeOf(ctx, attemptId);
  return home
    ? home.driver.listFiles(home.ref, home.mountedBy, path)
    : { entries: [], space: null, more: false };
}

/** One file of the home of an attempt, or a part of it; null before its first start. */
export async function readHomeFile(
  ctx: Ctx,
  attemptId: string,
  path: string,
  part?: { start: number; length: number },
): Promise<{ size: number; version: string; content: Readable } | null> {
  const home = await homeOf(ctx, attemptId);
  return home ? home.driver.readFile(home.ref, home.mountedBy, path, part) : null;
}

/** What an archive of these paths is made of; nothing before the first start. */
export async function packHomeFiles(
  ctx: Ctx,
  attemptId: string,
  paths: readonly string[],
): Promise<AsyncIterable<Packed>> {
  const home = await homeOf(ctx, attemptId);
  if (!home) throw notFound("file");
  // A sparse file says that it is larger than its home can be.
  const limits = { totalBytes: home.ref.sizeMb * 4 * 1024 ** 2, files: 50_000 };
  return home.driver.packFiles(home.ref, home.mountedBy, paths, limits);
}

/** Makes, moves, removes or counts in the home of an attempt; the caller has checked as for `writeHomeFiles`. */
export async function changeHomeFiles(
  ctx: Ctx,
  attemptId: string,
  changes: readonly HomeChange[],
): Promise<Changed[]> {
  const home = await homeOf(ctx, attemptId);
  if (!home) throw notFound("home");
  return home.driver.changeFiles(home.ref, home.mountedBy, changes);
}

/** Every file of a home that the caller has taken, as a stream of files and of what is left out. */
export async function collectHome(
  ctx: Ctx,
  attemptId: string,
  limits: CollectLimits,
): Promise<AsyncIterable<Collected>> {
  const home = await homeOf(ctx, attemptId);
  return home ? home.driver.collect(home.ref, limits) : emptyHome();
}

/**
 * Writes files into the home of an attempt, whether a workspace runs on it or not, and tells of each what became
 * of it. The caller has checked who asks, and that no collection of the home waits or runs.
 *
 * Throws `notFound.home` before the first start; `hostUnreachable`, `homeDamaged`, … as the host says.
 */
export async function* writeHomeFiles(
  ctx: Ctx,
  attemptId: string,
  files: AsyncIterable<HomeFile>,
  onConflict: OnConflict,
): AsyncGenerator<Written> {
  const home = await homeOf(ctx, attemptId);
  if (!home) throw notFound("home");
  yield* home.driver.writeFiles(home.ref, home.mountedBy, files, onConflict);
}

async function* emptyHome(): AsyncGenerator<Collected> {}
