import { hostname } from "node:os";
import { publishChange } from "@/lib/changes";
import { createExecutor, createForwarder, loopbackCall, offerWake } from "@/lib/executor";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { log } from "@/lib/platform/log";
import { eventKey, signingKey, usesServer } from "./client";

/**
 * Starts what drives the durable functions in this process: the embedded executor, or, with a real
 * Inngest server, only the forwarder of the outbox. Call it when the listener is up; stop it before exit.
 */
export async function startJobs({ port }: { port: number }): Promise<{ stop(): Promise<void> }> {
  if (env().EXECUTOR === "off" && !usesServer()) return { stop: async () => undefined };
  const worker = usesServer() ? forwarder(port) : executor(port);
  offerWake(worker.wake);
  await worker.start();
  // In development functions change while the service runs; otherwise registering once is enough.
  const again =
    env().NODE_ENV === "development" ? setInterval(() => void reregister(worker), 5_000) : undefined;
  return {
    stop: async () => {
      clearInterval(again);
      offerWake(undefined);
      await worker.stop();
    },
  };
}

const reregister = (worker: { register(): Promise<void> }) =>
  worker
    .register()
    .catch((error: unknown) => log().warn({ err: error }, "the functions changed, but not for the better"));

/** Where and how this process reaches its own functions. */
const reach = (port: number) => ({
  call: loopbackCall({ host: new URL(env().PUBLIC_URL).host }),
  endpoint: { url: `http://127.0.0.1:${port}/api/inngest`, signingKey: signingKey() },
});

const forwarder = (port: number) =>
  createForwarder({
    ...reach(port),
    db: systemCtx("executor").db,
    url: new URL(`e/${eventKey()}`, `${env().INNGEST_BASE_URL}/`).href,
  });

const executor = (port: number) =>
  createExecutor({
    ...reach(port),
    db: systemCtx("executor").db,
    owner: `${hostname()}:${port}`,
    onProgress: tellPages,
  });

const tellMs = 2_000;
let telling: NodeJS.Timeout | undefined;

/** Runs move on many times a second; pages that show them are told at most once in two. */
function tellPages(): void {
  telling ??= setTimeout(() => {
    telling = undefined;
    const ctx = systemCtx("executor");
    publishChange(ctx, ctx.db, ["jobs"], "jobs.moved").catch((error: unknown) =>
      ctx.log.warn({ err: error }, "pages could not be told of jobs"),
    );
  }, tellMs);
  telling.unref();
}
