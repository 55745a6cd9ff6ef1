import type { Ctx } from "@/lib/platform/context";
import { CloudError } from "./api/cloud-error";
import type { Swept } from "./sweeps";

/** What is wrong with one thing is no news of the others: it is counted, and tried again by the next sweep. */
export async function alone(
  ctx: Ctx,
  { id }: { id: string },
  done: Pick<Swept, "failed">,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    done.failed++;
    if (error instanceof CloudError && error.kind === "throttled") return;
    ctx.log.warn({ err: error, resource: id }, "a resource of the cloud is as it was; it is tried again");
  }
}
