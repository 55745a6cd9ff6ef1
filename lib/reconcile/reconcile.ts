import { alone } from "@/db/alone";
import { reconcileAttempts } from "@/lib/attempts";
import { recollect } from "@/lib/collections";
import { pruneConsoles } from "@/lib/consoles";
import { sweepBudgets } from "@/lib/costs";
import { pruneUploads } from "@/lib/homefiles";
import type { Ctx } from "@/lib/platform/context";
import { sweepIncoming } from "@/lib/platform/files";
import { reconcileRecordings } from "@/lib/recordings";
import { sweepWatches } from "@/lib/watches";
import { fillWarm, reconcileWorkspaces, sweepIdle } from "@/lib/workspaces";

const parts = {
  attempts: reconcileAttempts,
  workspaces: reconcileWorkspaces,
  warm: ({ ctx }) => fillWarm({ ctx, builds: true }),
  idle: sweepIdle,
  collections: recollect,
  consoles: pruneConsoles,
  recordings: reconcileRecordings,
  watches: sweepWatches,
  files: () => sweepIncoming(),
  uploads: pruneUploads,
  budgets: sweepBudgets,
} satisfies Record<string, (given: { ctx: Ctx }) => Promise<unknown>>;

export type Pass = Partial<Record<keyof typeof parts, unknown>>;

/**
 * One pass over everything: ends what is overdue, carries out stops, removes what nobody wants, places who
 * waits, asks again for collections, sweeps what is left over. One copy of the service at a time; undefined
 * when another is at it. A part that fails stops no other, and is tried again by the next pass.
 */
export async function reconcile({ ctx }: { ctx: Ctx }): Promise<Pass | undefined> {
  return alone("reconcile", async () => {
    const pass: Pass = {};
    for (const name of Object.keys(parts) as (keyof typeof parts)[]) {
      try {
        pass[name] = await parts[name]({ ctx });
      } catch (error) {
        ctx.log.error({ err: error, part: name }, "a part could not be reconciled");
      }
    }
    return pass;
  });
}
