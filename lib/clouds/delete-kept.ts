import type { z } from "zod";
import { transact } from "@/db/client";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { conflict, notFound } from "@/lib/platform/errors";
import { parsed } from "@/lib/platform/parsed";
import { allow } from "./allow";
import { forPeople } from "./api/cloud-error";
import { isKept, pushAwayKept } from "./kept";
import { isOver, loadResource } from "./ledger";
import { loadRegion } from "./region";
import { resourceIdInput } from "./schema";

/** Deletes a snapshot or an image that was kept, for good. False: the cloud has not done it yet, and is asked again. */
export async function deleteKept({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof resourceIdInput>;
}): Promise<{ gone: boolean }> {
  allow(ctx, "manage");
  const row = await loadResource(ctx, parsed(resourceIdInput, input).resourceId);
  if (!row) throw notFound("cloudResource");
  if (!isKept(row)) throw conflict("cloud.keptOnly");
  if (isOver(row)) return { gone: true };
  await transact(ctx.db, (tx) =>
    recordAudit(ctx, tx, {
      action: "cloud.deleteKept",
      targetType: "cloudResource",
      targetId: row.id,
      before: { kind: row.kind, externalId: row.externalId, keptFor: row.keptFor },
    }),
  );
  try {
    return { gone: await pushAwayKept(ctx, await loadRegion(ctx, row.hostId), row) };
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}
