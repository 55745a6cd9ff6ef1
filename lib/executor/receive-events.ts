import { z } from "zod";
import { database } from "@/db/client";
import { systemClock } from "@/lib/platform/clock";
import { newId } from "@/lib/platform/ids";
import { enqueueEvents, wakeExecutor } from "./enqueue";
import { derivedId } from "./store";

const incoming = z.object({
  id: z.string().min(1).optional(),
  name: z
    .string()
    .min(1)
    .max(80)
    .regex(/^[!-~]+$/)
    .refine(
      (name) => !/^(inngest|executor)\//.test(name),
      "inngest/ and executor/ are the executor's own names",
    ),
  data: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * What the SDK posts when a function sends events: `/e/<key>`, one event or many. The seed makes the
 * SDK's own repetitions of one post the same events.
 */
export async function receiveEvents(body: string, seed: string | null): Promise<Response> {
  const parsed = z.union([incoming, z.array(incoming)]).safeParse(JSON.parse(body));
  if (!parsed.success) {
    return Response.json({ ids: [], status: 400, error: z.prettifyError(parsed.error) }, { status: 400 });
  }
  const at = systemClock.now();
  const events = [parsed.data].flat().map(({ id, name, data }, index) => ({
    id: id ? derivedId("event", name, id) : seed ? derivedId("seed", seed, String(index)) : newId(),
    name,
    data: data ?? {},
    at,
  }));
  await enqueueEvents(database(), events);
  wakeExecutor();
  return Response.json({ ids: events.map((event) => event.id), status: 200 });
}
