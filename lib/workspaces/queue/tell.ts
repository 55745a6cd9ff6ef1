import { inArray, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { publishChanges, type Topic } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";

/** What somebody who waits was told, or shall be. */
export type Told = { position: number | null; until: Date | null };
export type Line = Told & {
  id: string;
  userId: string | null;
  experimentId: string | null;
  before: Told;
};

/** Far back in a line a step of less than this share is none: hundreds would be told at each place that frees. */
const leastStepShare = 0.04;
/** A time that moves by less than this is not worth a message. */
const leastMs = 3_000;
const leastShare = 0.15;

/**
 * Writes to those who wait where they stand and until when about, and tells their pages; only those for whom
 * something changed. Three statements, however many they are.
 */
export async function tellPositions(ctx: Ctx, tx: Tx, lines: readonly Line[]): Promise<void> {
  const nowMs = ctx.clock.now().getTime();
  const changed = lines.filter((line) => isNews(line, nowMs));
  if (changed.length === 0) return;
  await tx
    .update(workspaces)
    .set({
      queuePosition: perRow(changed, ({ position }) => sql`${position}`),
      queueUntil: perRow(changed, ({ until }) => sql`${until && sql.param(until, workspaces.queueUntil)}`),
    })
    .where(
      inArray(
        workspaces.id,
        changed.map(({ id }) => id),
      ),
    );
  const shared = new Set<Topic>(["admin"]);
  for (const { experimentId } of changed) if (experimentId) shared.add(`experiment:${experimentId}`);
  await publishChanges(ctx, tx, [
    ...changed.map(({ id, userId, position, until }) => ({
      topics: [`workspace:${id}`, ...(userId ? [`user:${userId}` as const] : [])] as Topic[],
      kind: "workspace.queue",
      data: { workspaceId: id, position, until: until?.toISOString() ?? null },
    })),
    { topics: [...shared], kind: "workspace.queue", data: {} },
  ]);
}

const perRow = (lines: readonly Line[], value: (line: Line) => SQL): SQL =>
  sql`CASE ${workspaces.id} ${sql.join(
    lines.map((line) => sql`WHEN ${line.id} THEN ${value(line)}`),
    sql` `,
  )} END`;

/** Exact for the first fifty. */
const hasMoved = ({ position, before }: Line): boolean =>
  position === null || before.position === null
    ? position !== before.position
    : Math.abs(before.position - position) >= Math.max(1, leastStepShare * position);

export function isNews(line: Line, nowMs: number): boolean {
  const { until, before } = line;
  if (hasMoved(line) || (until === null) !== (before.until === null)) return true;
  if (!until || !before.until) return false;
  const moved = Math.abs(until.getTime() - before.until.getTime());
  return moved > Math.max(leastMs, leastShare * Math.max(0, before.until.getTime() - nowMs));
}
