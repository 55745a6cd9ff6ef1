import { sql } from "drizzle-orm";
import { database } from "@/db/client";
import { sha256 } from "@/lib/platform/crypto";

/** A hash of every row of each; CHECKSUM TABLE is not to be trusted with generated columns. */
export async function tableHashes(tables: readonly string[]): Promise<Record<string, string>> {
  const read = async (table: string) => {
    const [found] = await database().execute(sql.raw(`SELECT * FROM ${table} ORDER BY 1, 2`));
    return [table, sha256(JSON.stringify(found))] as const;
  };
  return Object.fromEntries(await Promise.all(tables.map(read)));
}
