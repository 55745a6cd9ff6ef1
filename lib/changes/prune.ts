import { lt } from "drizzle-orm";
import { affected } from "@/db/client";
import { changes } from "@/db/schema/audit";
import type { Ctx } from "@/lib/platform/context";

const kept = 60 * 60 * 1000;
// Small deletes: a big one would hold its locks while people publish.
const batch = 2_000;

/** Removes what no open page can still ask for: changes older than an hour. */
export async function pruneChanges({ ctx }: { ctx: Ctx }): Promise<number> {
  const edge = new Date(ctx.clock.now().getTime() - kept);
  let total = 0;
  for (;;) {
    const gone = affected(await ctx.db.delete(changes).where(lt(changes.at, edge)).limit(batch));
    total += gone;
    if (gone < batch) return total;
  }
}
