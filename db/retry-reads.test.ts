import type { Pool } from "mysql2/promise";
import { expect, it } from "vitest";
import { retryReads } from "./retry-reads";

/** A pool whose connections fail one after the other, and then answer. */
function failing(...errors: Error[]) {
  const asked: string[] = [];
  const pool = {
    query: async (sql: string) => {
      asked.push(sql);
      const error = errors.shift();
      if (error) throw error;
      return "done";
    },
  } as unknown as Pool;
  retryReads(pool);
  return { pool, asked };
}

const cut = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
const closed = () => new Error("Can't add new command when connection is in closed state");

it("asks again for what only reads, twice at most", async () => {
  expect(await failing(cut(), cut()).pool.query("SELECT 1")).toBe("done");
  await expect(failing(cut(), cut(), cut()).pool.query("SELECT 1")).rejects.toThrow("ECONNRESET");
});

it("asks again for a write only if it was never sent", async () => {
  const unsent = failing(closed());
  expect(await unsent.pool.query("INSERT INTO a VALUES (1)")).toBe("done");
  expect(unsent.asked).toHaveLength(2);
  const maybe = failing(cut());
  await expect(maybe.pool.query("INSERT INTO a VALUES (1)")).rejects.toThrow("ECONNRESET");
  expect(maybe.asked).toHaveLength(1);
});
