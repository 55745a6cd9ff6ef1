import { and, asc, desc, eq, inArray, isNotNull, isNull, ne, or } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { workspaceEvents, workspaces } from "@/db/schema/workspaces";

type Known = Map<string, number[]>;

/** How long the last workspaces of each template version were held from ready to gone, in ms, latest first. */
export async function holdHistory(tx: Tx, versionIds: readonly string[]): Promise<Known> {
  const known: Known = new Map();
  for (const versionId of new Set(versionIds)) {
    const rows = await tx
      .select({ readyAt: workspaces.readyAt, endedAt: workspaces.endedAt })
      .from(workspaces)
      .where(
        and(
          eq(workspaces.templateVersionId, versionId),
          eq(workspaces.purpose, "attempt"),
          isNotNull(workspaces.readyAt),
          isNotNull(workspaces.endedAt),
          // A restart gives its room to nobody else.
          or(isNull(workspaces.stopReason), ne(workspaces.stopReason, "restart")),
        ),
      )
      .orderBy(desc(workspaces.id))
      .limit(50);
    known.set(versionId, spans(rows.map((row) => [row.readyAt, row.endedAt])));
  }
  return known;
}

/** A boot takes as long as the host is busy: the last few say more than many. */
const lastBoots = 5;

/** How long the last boots of each template version took, from their turn to the first answer, in ms. */
export async function bootHistory(tx: Tx, versionIds: readonly string[]): Promise<Known> {
  const known: Known = new Map();
  for (const versionId of new Set(versionIds)) {
    const rows = await tx
      .select({ id: workspaces.id, readyAt: workspaces.readyAt })
      .from(workspaces)
      .where(
        and(
          eq(workspaces.templateVersionId, versionId),
          isNotNull(workspaces.readyAt),
          isNull(workspaces.claimedAt),
        ),
      )
      .orderBy(desc(workspaces.id))
      .limit(lastBoots);
    const since = await turnsSince(
      tx,
      rows.map(({ id }) => id),
    );
    const begun = (id: string) => {
      const ms = since.get(id);
      return ms === undefined ? null : new Date(ms);
    };
    known.set(versionId, spans(rows.map((row) => [begun(row.id), row.readyAt])));
  }
  return known;
}

/** The reason of the event that a turn to boot leaves. */
export const turnReason = "step:home";

/** When each of these got its turn to boot, the last one, in ms since 1970. */
export async function turnsSince(tx: Tx, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select({ id: workspaceEvents.workspaceId, at: workspaceEvents.at })
    .from(workspaceEvents)
    .where(and(inArray(workspaceEvents.workspaceId, [...ids]), eq(workspaceEvents.reason, turnReason)))
    .orderBy(asc(workspaceEvents.at));
  return new Map(rows.map(({ id, at }) => [id, at.getTime()]));
}

const spans = (pairs: readonly (readonly [Date | null, Date | null])[]): number[] =>
  pairs.flatMap(([from, to]) => (from && to && to >= from ? [to.getTime() - from.getTime()] : []));
