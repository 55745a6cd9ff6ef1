import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/mysql2";
import { migrate } from "drizzle-orm/mysql2/migrator";
import { createPool } from "mysql2/promise";
import type { Db } from "@/db/client";
import { executorRuns } from "@/db/schema";
import { createExecutor, enqueueEvents, loopbackCall } from "@/lib/executor";
import { newId } from "@/lib/platform/ids";

export type InngestServer = {
  url: string;
  db: Db;
  /** What it answered with an error, as `401 POST /e/…`. */
  refusals: string[];
  /** Registrations that it accepted: how many functions each. */
  registered: number[];
  close(): Promise<void>;
};

type Options = { port: number; databaseUrl: string; eventKey: string; signingKey: string };

/**
 * Stands in for a real Inngest server, which no registry has: it takes registrations and events under its
 * keys as that one does, and drives the functions over signed HTTP from a database of its own.
 */
export async function startInngestServer(options: Options): Promise<InngestServer> {
  const pool = createPool({ uri: options.databaseUrl, timezone: "Z", connectionLimit: 10 });
  pool.pool.on("connection", (connection) => {
    connection.query("SET SESSION time_zone = '+00:00', transaction_isolation = 'READ-COMMITTED'", () => {
      connection.query("SET SESSION time_zone = '+00:00', tx_isolation = 'READ-COMMITTED'", () => undefined);
    });
  });
  const db = drizzle(pool) as unknown as Db;
  await migrate(db, { migrationsFolder: "db/migrations" });
  const refusals: string[] = [];
  const registered: number[] = [];
  let executor: ReturnType<typeof createExecutor> | undefined;

  async function register(body: string): Promise<object> {
    const { url, functions } = JSON.parse(body) as { url: string; functions: unknown[] };
    executor ??= createExecutor({
      db,
      owner: `stand-in:${options.port}`,
      call: loopbackCall(),
      endpoint: { url: url.split("?")[0] ?? url, signingKey: options.signingKey },
      pollMs: 50,
    });
    registered.push(functions.length);
    if (registered.length === 1) void executor.start();
    return { ok: true, modified: true };
  }

  async function take(body: string): Promise<object> {
    const events = [JSON.parse(body)].flat() as { id?: string; name: string; data?: object }[];
    const rows = events.map(({ id, name, data }) => ({
      id: id ? idOf(name, id) : newId(),
      name,
      data: { ...data },
      at: new Date(),
    }));
    await enqueueEvents(db, rows);
    executor?.wake();
    return { ids: rows.map(({ id }) => id), status: 200 };
  }

  async function runsOf(eventId: string): Promise<object> {
    const rows = await db.select().from(executorRuns).where(eq(executorRuns.eventId, eventId));
    const data = rows.map(({ id, functionId, state, output }) => ({
      run_id: id,
      function_id: functionId,
      status: `${state.charAt(0).toUpperCase()}${state.slice(1)}`,
      output: output === null ? null : JSON.parse(output),
    }));
    return { data };
  }

  async function answer(req: IncomingMessage): Promise<{ status: number; body: object }> {
    const { pathname } = new URL(req.url ?? "/", "http://x");
    const body = await text(req);
    const [, first, second, third, fourth] = pathname.split("/");
    const refused = { status: 401, body: { error: "unauthorized" } };
    if (req.method === "POST" && first === "e") {
      if (!same(second, options.eventKey)) return refused;
      const names = ([JSON.parse(body)].flat() as { name: string }[]).map(({ name }) => name);
      if (names.some((name) => name.startsWith("inngest/")))
        return { status: 400, body: { error: "reserved" } };
      return { status: 200, body: await take(body) };
    }
    const proof = pathname.startsWith("/v1/") ? options.signingKey : hashed(options.signingKey);
    if (!same(req.headers.authorization, `Bearer ${proof}`)) return refused;
    if (req.method === "POST" && pathname === "/fn/register")
      return { status: 200, body: await register(body) };
    if (first === "v1" && second === "events" && fourth === "runs")
      return { status: 200, body: await runsOf(third ?? "") };
    return { status: 404, body: { error: "not found" } };
  }

  const server = createServer((req, res) => {
    answer(req)
      .catch((error: unknown) => ({ status: 500, body: { error: String(error) } }))
      .then(({ status, body }) => {
        if (status >= 400) refusals.push(`${status} ${req.method} ${req.url}`);
        res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve) => server.listen(options.port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${options.port}`,
    db,
    refusals,
    registered,
    close: async () => {
      await executor?.stop();
      server.closeAllConnections();
      server.close();
      await pool.end();
    },
  };
}

async function text(req: IncomingMessage): Promise<string> {
  let all = "";
  for await (const chunk of req) all += chunk;
  return all;
}

/** Ids of senders are theirs; ours have 26 characters. A row of the outbox has such a one already. */
const idOf = (name: string, id: string): string =>
  /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id)
    ? id
    : createHash("sha256").update(`${name}\n${id}`).digest("hex").slice(0, 26).toUpperCase();

/** As the SDK proves itself: the key's environment, and the SHA-256 of its bytes. */
function hashed(key: string): string {
  const [, prefix = "", hex = ""] = /^(signkey-\w+-)?(.*)$/.exec(key) ?? [];
  return `${prefix}${createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex")}`;
}

function same(given: string | undefined, wanted: string): boolean {
  const [left, right] = [Buffer.from(given ?? ""), Buffer.from(wanted)];
  return left.length === right.length && timingSafeEqual(left, right);
}
