import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { hosts } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { setHostStatusInput } from "./schema";

/** Opens a host, drains it (what runs stays, nothing new comes), or takes it out. */
export async function setHostStatus({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof setHostStatusInput>;
}): Promise<{ changed: boolean }> {
  requirePermission(ctx, "host.manage");
  const { hostId, status } = setHostStatusInput.parse(input);
  return transact(ctx.db, async (tx) => {
    const [host] = await tx.select().from(hosts).where(eq(hosts.id, hostId)).for("update");
    if (!host) throw notFound("host");
    if (host.status === status) return { changed: false };
    await tx.update(hosts).set({ status }).where(eq(hosts.id, hostId));
    await recordAudit(ctx, tx, {
      action: "host.status",
      targetType: "host",
      targetId: hostId,
      before: { status: host.status },
      after: { status },
    });
    await publishChange(ctx, tx, ["admin"], "host.status", { hostId, status });
    return { changed: true };
  });
}
