import type { Tx } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { actorName, type Ctx } from "@/lib/platform/context";

type AuditEntry = {
  action: string;
  targetType: string;
  targetId: string;
  before?: Record<string, unknown> | null;
  after?: Record<string, unknown> | null;
};

/** Writes who did what to which thing, in the transaction of the change, and gives the row's id. Never pass secrets. */
export async function recordAudit(ctx: Ctx, tx: Tx, entry: AuditEntry): Promise<string> {
  const id = ctx.newId();
  await tx.insert(auditLog).values({
    id,
    at: ctx.clock.now(),
    actor: actorName(ctx.actor),
    requestId: ctx.requestId,
    action: entry.action,
    targetType: entry.targetType,
    targetId: entry.targetId,
    before: entry.before ?? null,
    after: entry.after ?? null,
  });
  return id;
}
