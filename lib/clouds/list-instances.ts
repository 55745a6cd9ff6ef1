import type { Ctx } from "@/lib/platform/context";
import { forPeople } from "./api/cloud-error";
import { describeOurs, tagOf } from "./describe";
import { workspaceTag } from "./order";
import { loadRegion } from "./region";

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
