import { and, eq, isNull } from "drizzle-orm";
import { transact } from "@/db/client";
import { type CloudResourceKind, cloudFindings } from "@/db/schema/clouds";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";

export type Finding = {
  hostId: string;
  kind: CloudResourceKind;
  externalId: string;
  resourceId?: string | null;
  /**
   * `orphan`: nobody wants it; `lost`: the cloud has it no more; `guard`: the guard ended it, or was not as we set it;
   * `reclaimed`: a spot instance that was taken back; `blocked`: it cannot be deleted; `spared`: too many are unknown;
   * `denied`: a right is missing, and it was done another way.
   */
  finding: "orphan" | "lost" | "guard" | "reclaimed" | "blocked" | "spared" | "denied";
  /** What was done about it; null: still open. */
  action?: "deleted" | "raised" | "mended" | null;
  detail?: string;
};

/** Writes into the leak report, once for a thing as long as it is open. */
export async function noteFinding(ctx: Ctx, found: Finding): Promise<void> {
  const at = ctx.clock.now();
  const { hostId, kind, externalId, finding, action = null } = found;
  await transact(ctx.db, async (tx) => {
    const [open] = await tx
      .select({ id: cloudFindings.id })
      .from(cloudFindings)
      .where(
        and(
          eq(cloudFindings.hostId, hostId),
          eq(cloudFindings.externalId, externalId),
          eq(cloudFindings.finding, finding),
          isNull(cloudFindings.settledAt),
        ),
      );
    if (open && !action) return;
    const settled = { action, settledAt: action ? at : null };
    if (open) await tx.update(cloudFindings).set(settled).where(eq(cloudFindings.id, open.id));
    else {
      await tx.insert(cloudFindings).values({
        id: ctx.newId(),
        hostId,
        kind,
        externalId,
        resourceId: found.resourceId ?? null,
        finding,
        detail: found.detail ?? null,
        foundAt: at,
        ...settled,
      });
    }
    ctx.log.warn({ host: hostId, kind, externalId, finding, action }, "the sweep found something");
    await publishChange(ctx, tx, ["admin"], "cloud.finding", { hostId, kind, finding });
  });
}

/** What stood open about a thing is settled: it is gone. */
export async function settleFindings(ctx: Ctx, hostId: string, externalId: string): Promise<void> {
  await ctx.db
    .update(cloudFindings)
    .set({ action: "deleted", settledAt: ctx.clock.now() })
    .where(
      and(
        eq(cloudFindings.hostId, hostId),
        eq(cloudFindings.externalId, externalId),
        isNull(cloudFindings.settledAt),
      ),
    );
}
