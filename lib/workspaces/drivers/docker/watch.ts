import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { z } from "zod";
import { env } from "@/lib/platform/env";
import type { HostRef } from "../driver";
import { answered, asHostError, engineStreams } from "./connection";
import { label } from "./names";

const ended = z.object({ Actor: z.object({ Attributes: z.record(z.string(), z.string()) }) });

/**
 * Tells of every workspace whose container ends or goes, from now until the stream does: then it resolves,
 * and what happened meanwhile is not told. `stopped` ends it.
 */
export async function watch(
  host: HostRef,
  onEnded: (workspaceId: string) => void,
  stopped: AbortSignal,
): Promise<void> {
  try {
    const filters = {
      type: ["container" as const],
      event: ["die", "destroy"],
      label: [`${label.deploy}=${env().DEPLOY_ID}`, label.workspace],
    };
    const stream = (await answered(
      engineStreams(host.endpoint).getEvents({ filters }),
    )) as unknown as Readable;
    const end = () => stream.destroy();
    stopped.addEventListener("abort", end, { once: true });
    if (stopped.aborted) end();
    try {
      for await (const line of createInterface({ input: stream })) {
        const event = ended.safeParse(JSON.parse(line));
        const workspaceId = event.data?.Actor.Attributes[label.workspace];
        if (workspaceId) onEnded(workspaceId);
      }
    } finally {
      stopped.removeEventListener("abort", end);
      stream.destroy();
    }
  } catch (error) {
    if (!stopped.aborted) throw asHostError(error);
  }
}
