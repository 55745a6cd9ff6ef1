import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { executorEvents, executorRuns } from "@/db/schema/executor";
import { systemCtx } from "@/lib/platform/context";
import { countFailed, listFunctions, listRuns } from "./list-runs";
import { liveCounts, queueState } from "./overview";
import { runStats } from "./run-stats";

/** A million runs of two weeks, one in twenty failed: what the Jobs page asks must stay quick. `--long` only. */
const db = database();
const ctx = systemCtx("test");
const long = process.env.LONG === "1";

const digits = sql.raw(
  `(${Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(" UNION ALL ")})`,
);
/** Ten thousand of the million: no statement may be silent for 10 s. */
const numbers = (part: number) => sql`(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * ${part} AS n
  FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e) numbers`;
const ago = sql.raw("UTC_TIMESTAMP(3) - INTERVAL FLOOR((1000000 - n) * 1.2) SECOND");

beforeAll(async () => {
  if (!long) return;
  for (const table of [executorRuns, executorEvents]) await db.execute(sql`TRUNCATE ${table}`);
  for (let part = 0; part < 100; part++) {
    await db.execute(sql`
    INSERT INTO ${executorEvents} (id, name, data, ts, created_at)
    SELECT CONCAT('01E', LPAD(n, 23, '0')), 'test/event', '{}', 0, ${ago} FROM ${numbers(part)}`);
    await db.execute(sql`
    INSERT INTO ${executorRuns}
      (id, function_id, event_id, state, subject1, subject2, output, created_at, started_at, ended_at)
    SELECT CONCAT('01R', LPAD(n, 23, '0')), CONCAT('test-', MOD(n, 8)), CONCAT('01E', LPAD(n, 23, '0')),
      CASE WHEN n >= 999800 THEN 'running' WHEN MOD(n, 20) = 0 THEN 'failed' ELSE 'completed' END,
      CONCAT('01W', LPAD(n DIV 5, 23, '0')), CONCAT('01A', LPAD(n DIV 10, 23, '0')),
      IF(MOD(n, 20) = 0, CONCAT('{"name":"Error","message":"no space left ', n, '","stack":"', REPEAT('at x (y.ts:1:2) ', 20), '"}'), '1'),
      ${ago}, ${ago}, IF(n >= 999800, NULL, ${ago} + INTERVAL MOD(n, 9) SECOND)
    FROM ${numbers(part)}`);
  }
  await db.execute(sql`ANALYZE TABLE ${executorRuns}, ${executorEvents}`);
}, 600_000);

afterAll(async () => {
  if (long) for (const table of [executorRuns, executorEvents]) await db.execute(sql`TRUNCATE ${table}`);
  await closeDatabase();
});

const page = (input: Parameters<typeof listRuns>[0]["input"]) => () => listRuns({ ctx, input });

// Milliseconds on a machine with other things to do; what is measured alone is a tenth of it and less.
test.runIf(long).each([
  ["the newest", 100, page({})],
  ["failed", 100, page({ state: "failed" })],
  ["failed, far back", 100, page({ state: "failed", before: "01R00000000000000000500000" })],
  ["of a function", 100, page({ functionId: "test-3" })],
  ["failed of a function", 2_000, page({ functionId: "test-4", state: "failed" })],
  ["failed of a function that never fails", 1_000, page({ functionId: "test-3", state: "failed" })],
  ["about a workspace", 100, page({ search: { ids: ["01W00000000000000000012345"] } })],
  [
    "of a person with 700 things",
    500,
    page({
      search: { ids: Array.from({ length: 700 }, (_, n) => `01W${String(n * 99).padStart(23, "0")}`) },
    }),
  ],
  ["with an error", 500, page({ search: { error: "no space" } })],
  ["with an error that is nowhere", 5_000, page({ search: { error: "nothing like it" } })],
  ["counted before a replay", 500, () => countFailed({ ctx, input: {} })],
  ["names of functions", 100, () => listFunctions({ ctx })],
  ["the queue", 200, () => queueState({ ctx })],
  ["what is alive", 200, () => liveCounts({ ctx })],
  ["charts of an hour", 500, () => runStats({ ctx, input: { range: "1h" } })],
  ["charts of a day", 1_000, () => runStats({ ctx, input: { range: "24h" } })],
  ["charts of a week", 5_000, () => runStats({ ctx, input: { range: "7d" } })],
] as [string, number, () => Promise<unknown>][])("%s: within %i ms", async (_, most, ask) => {
  await ask();
  const since = performance.now();
  await ask();
  expect(performance.now() - since).toBeLessThan(most);
});
