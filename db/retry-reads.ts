import type { Pool } from "mysql2/promise";
import { driverCode } from "@/lib/platform/errors";

const lost = new Set(["PROTOCOL_CONNECTION_LOST", "ECONNRESET", "EPIPE", "ER_CONNECTION_KILLED"]);

const textOf = (query: unknown): string =>
  typeof query === "string" ? query : String((query as { sql?: unknown } | null)?.sql ?? "");

/** The pool gave a connection that had just died: this was not even sent. mysql2 has no code for it. */
const isUnsent = (error: unknown): boolean =>
  error instanceof Error && error.message === "Can't add new command when connection is in closed state";

/**
 * A connection may die under a page: cut by an operator, a proxy, a restart of the database. What only reads,
 * or was never sent, is asked once more, twice at most, on another one. Whatever else writes, or is part of a
 * transaction, is not: nobody knows how far it came.
 */
export function retryReads(pool: Pool): void {
  const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<unknown>;
  const again = async (...given: unknown[]): Promise<unknown> => {
    for (let tries = 1; ; tries++) {
      try {
        return await query(...given);
      } catch (error) {
        const reads = /^\s*select\b/i.test(textOf(given[0])) && !/\bfor update\b/i.test(textOf(given[0]));
        const harmless = isUnsent(error) || (reads && lost.has(driverCode(error) ?? ""));
        if (tries > 2 || !harmless) throw error;
      }
    }
  };
  pool.query = again as Pool["query"];
}
