import { Inngest, type InngestFunction } from "inngest";
import { serve } from "inngest/edge";
import pino from "pino";
import { database } from "@/db/client";
import { fixedClock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { enqueueEvents } from "../enqueue";
import { createExecutor, type ExecutorOptions } from "../executor";
import { getRun, listRuns } from "../list-runs";
import { receiveEvents } from "../receive-events";

const signingKey = "signkey-test-0123456789abcdef";
export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A client like the product's: what functions send goes to the outbox of the test's database. */
export const testClient = (): Inngest =>
  new Inngest({
    id: "test",
    isDev: false,
    eventKey: "test",
    signingKey,
    baseUrl: "http://executor.invalid/",
    logger: silent,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      return receiveEvents(await request.text(), request.headers.get("x-inngest-event-id-seed"));
    },
  });

/** The SDK's own serve handler in this process, as the executor calls it. */
export function serveHere(client: Inngest, functions: InngestFunction.Any[]) {
  const handler = serve({ client, functions, enableUnauthedSync: false });
  return async (request: Request): Promise<Response> => handler(request);
}

export const endpoint = { url: "http://app.test/api/inngest", signingKey };

/** Executors over one database, on a clock that only the test moves; it begins so many days later. */
export function createLab(
  client: Inngest,
  functions: InngestFunction.Any[],
  over: Pick<ExecutorOptions, "call" | "endpoint"> = { call: serveHere(client, functions), endpoint },
  days = 0,
) {
  const clock = fixedClock("2026-03-02T00:00:00.000Z");
  clock.advance(days * 86_400_000);
  const { call } = over;
  const make = (options: Partial<ExecutorOptions> = {}) =>
    createExecutor({
      db: database(),
      ...over,
      clock,
      owner: `test-${newId()}`,
      backoff: (attempt) => (attempt + 1) * 10_000,
      log: pino({ level: "silent" }),
      ...options,
    });
  const executor = make();
  const ctx = systemCtx("test", { clock });
  return {
    clock,
    call,
    make,
    executor,
    ctx,
    async send(name: string, data: Record<string, unknown> = {}, id = newId()) {
      await enqueueEvents(database(), [{ id, name, data, at: clock.now() }]);
      return id;
    },
    /** Works off all that is due, then moves the clock; so on for every given step of time. */
    async after(...steps: number[]) {
      await executor.drain();
      for (const ms of steps) {
        clock.advance(ms);
        await executor.drain();
      }
    },
    /** Runs of a function, oldest first. */
    async states(functionId: string) {
      const rows = await listRuns({ ctx, input: { functionId: `test-${functionId}`, limit: 200 } });
      return rows.reverse().map(({ id, state }) => ({ id, state }));
    },
    async runs(functionId: string) {
      const all: Awaited<ReturnType<typeof getRun>>[] = [];
      for (const { id } of await this.states(functionId)) all.push(await getRun({ ctx, input: { id } }));
      return all;
    },
  };
}
