import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import next from "next";
import { closeDatabase, database, databaseNow } from "@/db/client";
import { awaitDatabase, migrateDatabase } from "@/db/migrate";
import { seed } from "@/db/seed";
import { startJobs } from "@/inngest/start";
import { onSessionEnded } from "@/lib/accounts";
import { closeStreams } from "@/lib/changes";
import { createFront, type Front, revokeSession, throttleActivity } from "@/lib/consoles";
import { answerMachine, databaseAnswers, enterPhase } from "@/lib/health";
import { registerLocalHost, watchHosts } from "@/lib/hosts";
import { anchorClock, systemClock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { log } from "@/lib/platform/log";
import { origins } from "@/lib/platform/origins";
import { rehearsePages } from "@/lib/platform/rehearse-pages";
import { keepReconciling } from "@/lib/reconcile";
import { keepGuacd, recordActivity } from "@/lib/workspaces";

/** Where everything of the service begins and ends; what it does is in the modules it calls, in order. */
const started = performance.now();
const stopping = new AbortController();
const undo: (() => Promise<unknown> | unknown)[] = [];

async function start(): Promise<void> {
  const settings = env();
  origins(); // refuses settings with which one person's page could act as another
  const dev = settings.NODE_ENV === "development";
  const { host, port } = listenAddress(settings.LISTEN);

  enterPhase("database");
  const front = createFront({ dev, machine: answerMachine, canDraw: databaseAnswers, onActivity });
  undo.push(() => front.close());
  await listen(front, host, port);
  const bound = (front.server.address() as AddressInfo).port;
  log().info({ listen: `${host}:${bound}` }, "listening");

  await awaitDatabase(
    settings.DATABASE_URL,
    (why) => log().warn({ why }, "the database does not answer yet; trying again twice a second"),
    stopping.signal,
  );
  if (stopping.signal.aborted) return;
  undo.unshift(() => closeDatabase());
  enterPhase("migrations");
  await migrateDatabase(settings.DATABASE_URL);
  await keepClock();

  enterPhase("start");
  const ctx = systemCtx("start");
  await seed({ ctx });
  await registerLocalHost({ ctx });

  enterPhase("app");
  // Next adds an upgrade listener of its own to the server it is given, and closes our WebSockets: it gets one
  // that listens nowhere. Its hot reloading hangs on that listener; getUpgradeHandler() answers nothing.
  const nextUpgrades = createServer();
  const app = next({
    dev,
    hostname: host,
    port: bound,
    httpServer: nextUpgrades,
  });
  await app.prepare();
  front.open({
    request: app.getRequestHandler(),
    upgrade: (req, socket, head) => {
      if (dev && req.url?.startsWith("/_next/")) nextUpgrades.emit("upgrade", req, socket, head);
      else socket.destroy();
    },
  });
  undo.push(() => app.close());
  undo.push(onSessionEnded(revokeSession));

  enterPhase("jobs");
  const jobs = await startJobs({ port: bound });
  undo.push(() => jobs.stop());
  const keeper = keepReconciling({ ctx: systemCtx("reconcile") });
  undo.push(() => keeper.stop());
  undo.push(watchHosts({ ctx: systemCtx("watch-hosts"), turned: keeper.wake }));
  undo.push(keepGuacd({ ctx: systemCtx("guacd") }));
  if (stopping.signal.aborted) return;
  enterPhase("ready");
  log().info({ url: settings.PUBLIC_URL, ms: Math.round(performance.now() - started) }, "ready");
  if (!dev) void rehearsePages(bound, stopping.signal);
  stopping.signal.addEventListener("abort", () => {
    front.drain();
    closeStreams();
  });
}

async function keepClock(): Promise<void> {
  const anchor = async () => {
    const askedAt = performance.now();
    anchorClock(await databaseNow(), askedAt);
  };
  await anchor();
  const timer = setInterval(() => void anchor().catch(() => undefined), 30_000);
  undo.push(() => clearInterval(timer));
}

const onActivity = throttleActivity((workspaceId) => {
  const ctx = { db: database(), clock: systemClock };
  recordActivity({ ctx, workspaceId, at: systemClock.now() }).catch((error: unknown) =>
    log().warn({ err: error, workspaceId }, "activity was not recorded"),
  );
});

function listenAddress(listen: string): { host: string; port: number } {
  const at = listen.lastIndexOf(":");
  return {
    host: listen.slice(0, at).replace(/^\[|\]$/g, "") || "0.0.0.0",
    port: Number(listen.slice(at + 1)),
  };
}

const listen = (front: Front, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    front.server.once("error", reject);
    front.server.listen(port, host, () => {
      front.server.off("error", reject);
      resolve();
    });
  });

/** Undoes the start in reverse; whatever hangs, the process is gone within 10 s. */
async function stop(why: string): Promise<void> {
  if (stopping.signal.aborted) return;
  log().info({ why }, "stopping");
  setTimeout(() => {
    log().warn("something did not stop in time");
    process.exit(1);
  }, 9_000).unref();
  enterPhase("stopping");
  stopping.abort();
  for (const step of undo.reverse()) {
    try {
      await step();
    } catch (error) {
      log().warn({ err: error }, "a part did not stop cleanly");
    }
  }
  log().info("stopped");
  process.exit(0);
}

process.on("SIGTERM", () => void stop("SIGTERM"));
process.on("SIGINT", () => void stop("SIGINT"));
process.on("unhandledRejection", (error) => log().error({ err: error }, "a promise was left alone"));
process.on("uncaughtException", (error) => log().error({ err: error }, "an error nobody caught"));

start().catch((error: unknown) => {
  const wrongSettings = error instanceof Error && error.message.startsWith("Wrong settings");
  if (wrongSettings) process.stderr.write(`${error.message}\n`);
  else log().fatal({ err: error }, "the service cannot start");
  process.exit(1);
});
