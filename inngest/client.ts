import { Inngest } from "inngest";
import { enqueueEvents, receiveEvents } from "@/lib/executor";
import type { Ctx } from "@/lib/platform/context";
import { derivedKey } from "@/lib/platform/crypto";
import { env } from "@/lib/platform/env";
import { log } from "@/lib/platform/log";
import { type EventData, type EventName, events } from "./events";
import { LogMiddleware } from "./log-middleware";

const appId = "labyard";

/** Both ends of the loopback calls sign with this key, unless a real server's key is configured. */
export const signingKey = (): string =>
  env().INNGEST_SIGNING_KEY ?? `signkey-labyard-${derivedKey("inngest signing").toString("hex")}`;
export const eventKey = (): string => env().INNGEST_EVENT_KEY ?? derivedKey("inngest event").toString("hex");

/** A real Inngest server drives the functions only if all three of its settings are there. */
export const usesServer = (): boolean =>
  Boolean(env().INNGEST_BASE_URL && env().INNGEST_EVENT_KEY && env().INNGEST_SIGNING_KEY);

/** Never dialled: with the embedded executor, what the SDK sends goes into the outbox of this process. */
const embedded = "http://executor.invalid/";

const embeddedFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const { origin, pathname } = new URL(request.url);
  if (`${origin}/` !== embedded || !pathname.startsWith("/e/")) {
    throw new Error(`The embedded executor has no ${pathname}; nothing is sent to ${origin}.`);
  }
  return receiveEvents(await request.text(), request.headers.get("x-inngest-event-id-seed"));
};

let client: Inngest | undefined;

/** The Inngest client; made on first use, since `next build` has no settings. */
export function inngest(): Inngest {
  client ??= new Inngest({
    id: appId,
    isDev: false,
    eventKey: eventKey(),
    signingKey: signingKey(),
    logger: log().child({ part: "inngest" }),
    middleware: [LogMiddleware],
    ...(usesServer() ? { baseUrl: env().INNGEST_BASE_URL } : { baseUrl: embedded, fetch: embeddedFetch }),
  });
  return client;
}

/**
 * Asks for durable work: one outbox row in the caller's transaction. The executor (or the forwarder to a
 * real server) takes it from there, at least once, in order of its id.
 */
export async function sendEvent<Name extends EventName>(
  ctx: Pick<Ctx, "newId" | "clock">,
  tx: Parameters<typeof enqueueEvents>[0],
  name: Name,
  data: EventData<Name>,
): Promise<void> {
  await enqueueEvents(tx, [{ id: ctx.newId(), name, data: events[name].parse(data), at: ctx.clock.now() }]);
}
