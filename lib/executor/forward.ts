import { sql } from "drizzle-orm";
import { type Db, transact } from "@/db/client";
import { executorLocks } from "@/db/schema/executor";
import { log } from "@/lib/platform/log";
import { type Endpoint, registerRequest } from "./protocol";
import { markSent, takeOutbox, toEvent } from "./schedule";

export type ForwarderOptions = {
  db: Db;
  /** Our functions' endpoint and how to call it: asked at start to register with the server. */
  endpoint: Endpoint;
  call: (request: Request) => Promise<Response>;
  /** The real Inngest server's `/e/<key>` address. */
  url: string;
  fetch?: typeof fetch;
  pollMs?: number;
};

/**
 * With a real Inngest server: posts the outbox to it. The row's id is the event's id, so that a post that
 * is repeated after a crash is one event there.
 */
export function createForwarder(options: ForwarderOptions) {
  const { db, url, fetch: post = fetch, pollMs = 200 } = options;
  let timer: NodeJS.Timeout | undefined;
  let busy: Promise<void> | undefined;
  let stopped = false;
  let failures = 0;

  async function forward(): Promise<number> {
    const rows = await transact(db, (tx) => takeOutbox(tx, 50));
    if (rows.length === 0) return 0;
    const answer = await post(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(rows.map(toEvent)),
      signal: AbortSignal.timeout(15_000),
    });
    if (!answer.ok)
      throw new Error(`the Inngest server answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
    await markSent(db, rows, sql`UTC_TIMESTAMP(3)`);
    return rows.length;
  }

  function wake(): void {
    if (stopped || busy) return;
    clearTimeout(timer);
    busy = (async () => {
      try {
        while (!stopped && (await forward()) > 0);
        failures = 0;
      } catch (error) {
        failures++;
        log().warn({ err: error, failures }, "events wait in the outbox");
      }
    })().finally(() => {
      busy = undefined;
      if (!stopped) timer = setTimeout(wake, Math.min(pollMs * 2 ** Math.min(failures, 8), 30_000));
    });
  }

  /** Until it succeeds: the server may come up later than we do. */
  async function register(): Promise<void> {
    for (let attempt = 1; !stopped; attempt++) {
      const answer = await options
        .call(registerRequest(options.endpoint))
        .then(async (response) => (response.ok ? undefined : `${response.status} ${await response.text()}`))
        .catch((error: unknown) => String(error));
      if (answer === undefined) return;
      log().warn({ answer, attempt }, "the functions are not registered with the Inngest server yet");
      await new Promise((resolve) => setTimeout(resolve, Math.min(attempt * 1_000, 30_000)).unref());
    }
  }

  return {
    forward,
    register,
    wake,
    async start() {
      await db
        .insert(executorLocks)
        .ignore()
        .values([{ name: "relay" }, { name: "keys" }]);
      void register();
      wake();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await busy;
    },
  };
}
