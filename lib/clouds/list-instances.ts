import type { Ctx } from "@/lib/platform/context";
import { forPeople } from "./api/cloud-error";
import { type Described, describeOurs, tagOf } from "./describe";
import { liveResources } from "./ledger";
import { recordSeen } from "./observe-instance";
import { workspaceTag } from "./order";
import { loadRegion, type Region } from "./region";

export type Listed = {
  workspaceId: string;
  externalId: string;
  running: boolean;
  stopped: boolean;
  image: string;
};

/** Everything in a region that carries our deploy tag, whatever its state. */
export async function listInstances({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { hostId: string };
}): Promise<Listed[]> {
  const region = await loadRegion(ctx, input.hostId);
  try {
    const found = await describeOurs(ctx, region);
    await keepUp(ctx, region, found);
    return [...found].map(([externalId, one]) => ({
      workspaceId: tagOf(one, workspaceTag) ?? "",
      externalId,
      running: one.status === "Running",
      stopped: one.status === "Stopped" || one.status === "Stopping",
      image: one.imageId ?? "",
    }));
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}

/** Who lists has seen: a start or a stop is in the ledger as soon as anybody knows of it. */
async function keepUp(ctx: Ctx, region: Region, found: ReadonlyMap<string, Described>): Promise<void> {
  if (found.size === 0) return;
  const rows = await liveResources(ctx, { hostId: region.hostId, kind: "instance" });
  for (const row of rows) {
    const seen = found.get(row.externalId ?? "");
    if (seen) await recordSeen(ctx, region, row, seen);
  }
}
