import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { conflict, notFound } from "@/lib/platform/errors";
import { type Kept, keep } from "./kept";
import { resourceOf } from "./ledger";
import { tagsOf } from "./order";
import { can } from "./policy";
import { loadRegion } from "./region";
import { freezeImageInput } from "./schema";

/**
 * Makes an image for a class of the instance of a workspace, as it is now. Repeated, it says how far it is; the sweep
 * carries it on. It costs until somebody deletes it.
 */
export async function freezeImage({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof freezeImageInput>;
}): Promise<Kept> {
  const { workspaceId, name } = freezeImageInput.parse(input);
  const [workspace] = await ctx.db
    .select({ userId: workspaces.userId })
    .from(workspaces)
    .where(eq(workspaces.id, workspaceId));
  if (!workspace || !can(ctx.actor, "freeze", workspace)) throw notFound("workspace");
  const row = await resourceOf(ctx, workspaceId);
  const instanceId = row?.externalId;
  if (!row || !instanceId || row.state === "gone" || row.desired === "gone") {
    throw conflict("cloud.noInstance");
  }
  const region = await loadRegion(ctx, row.hostId);
  const made = await keep(ctx, region, {
    kind: "image",
    of: row.id,
    name,
    workspaceId,
    keptFor: "classImage",
    zoneId: null,
    sizeGb: row.sizeGb ?? 40,
    asked: (resourceId) => ({
      regionId: region.regionId,
      instanceId,
      imageName: name,
      tag: tagsOf(resourceId, null),
    }),
  });
  await transact(ctx.db, (tx) =>
    recordAudit(ctx, tx, {
      action: "cloud.image",
      targetType: "cloudResource",
      targetId: made.resourceId,
      after: { name, workspaceId, externalId: made.externalId },
    }),
  );
  return made;
}
