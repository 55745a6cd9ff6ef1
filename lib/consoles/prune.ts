import { and, eq, inArray, lt } from "drizzle-orm";
import { grants, tickets, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";

const hour = 3600_000;
const atOnce = 1_000;

/** Removes tickets and grants that can open nothing any more; the audit log has who entered what. */
export async function pruneConsoles({ ctx: { db, clock } }: { ctx: Ctx }): Promise<void> {
  const now = clock.now();
  await db
    .delete(tickets)
    .where(lt(tickets.expiresAt, new Date(now.getTime() - hour)))
    .limit(atOnce);
  const over = await db
    .select({ hash: grants.hash })
    .from(grants)
    .innerJoin(workspaces, eq(workspaces.id, grants.workspaceId))
    .where(
      and(
        inArray(workspaces.state, ["stopped", "failed"]),
        lt(workspaces.endedAt, new Date(now.getTime() - 24 * hour)),
      ),
    )
    .limit(atOnce);
  if (over.length === 0) return;
  await db.delete(grants).where(
    inArray(
      grants.hash,
      over.map(({ hash }) => hash),
    ),
  );
}
