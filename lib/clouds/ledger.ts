import { and, desc, eq, notInArray, type SQL } from "drizzle-orm";
import { affected, type Tx, transact } from "@/db/client";
import { type CloudResourceKind, type CloudResourceState, cloudResources } from "@/db/schema/clouds";
import { publishChange } from "@/lib/changes";
import { meterResource } from "@/lib/costs";
import type { Ctx } from "@/lib/platform/context";

export type CloudResource = typeof cloudResources.$inferSelect;
export type ResourcePatch = Partial<typeof cloudResources.$inferInsert>;

export const overStates: CloudResourceState[] = ["gone", "refused"];
export const isOver = ({ state }: Pick<CloudResource, "state">): boolean => overStates.includes(state);

/** A row before the first call that could make the thing; or of a thing that is there, which costs since `acceptedAt`. */
export async function writeIntent(
  ctx: Ctx,
  row: Omit<typeof cloudResources.$inferInsert, "createdAt" | "stateAt" | "state"> & {
    state?: CloudResourceState;
    stateAt?: Date;
  },
): Promise<void> {
  const at = ctx.clock.now();
  await transact(ctx.db, async (tx) => {
    await tx.insert(cloudResources).values({ state: "intended", stateAt: at, ...row, createdAt: at });
    const [made] = await tx.select().from(cloudResources).where(eq(cloudResources.id, row.id));
    if (made && made.state !== "intended") await meterResource(ctx, tx, made, row.acceptedAt ?? at);
    await tell(ctx, tx, row.id, row.state ?? "intended");
  });
}

const tell = (ctx: Ctx, tx: Tx, resourceId: string, state: CloudResourceState) =>
  publishChange(ctx, tx, ["admin"], "cloud.resource", { resourceId, state });

/**
 * Changes a row as long as `only` still holds, and what it costs with it, from `at` on (now, unless the cloud did it
 * earlier). Null: it does not hold any more. Never takes a row out of `gone`.
 */
export async function changeResource(
  ctx: Ctx,
  resourceId: string,
  patch: ResourcePatch,
  { only, at = ctx.clock.now() }: { only?: SQL; at?: Date } = {},
): Promise<CloudResource | null> {
  return transact(ctx.db, async (tx) => {
    const set = patch.state ? { stateAt: at, ...patch } : patch;
    const result = await tx
      .update(cloudResources)
      .set(set)
      .where(and(eq(cloudResources.id, resourceId), notInArray(cloudResources.state, ["gone"]), only));
    if (affected(result) === 0) return null;
    const [row] = await tx.select().from(cloudResources).where(eq(cloudResources.id, resourceId));
    if (!row) return null;
    if (patch.state || patch.runningPrice !== undefined) {
      await meterResource(ctx, tx, row, at);
      await tell(ctx, tx, row.id, row.state);
    }
    return row;
  });
}

/** The latest thing of a kind that a workspace has, or had. */
export async function resourceOf(
  ctx: Pick<Ctx, "db">,
  workspaceId: string,
  kind: CloudResourceKind = "instance",
): Promise<CloudResource | null> {
  const [row] = await ctx.db
    .select()
    .from(cloudResources)
    .where(and(eq(cloudResources.workspaceId, workspaceId), eq(cloudResources.kind, kind)))
    .orderBy(desc(cloudResources.createdAt), desc(cloudResources.id))
    .limit(1);
  return row ?? null;
}

export async function loadResource(ctx: Pick<Ctx, "db">, resourceId: string): Promise<CloudResource | null> {
  const [row] = await ctx.db.select().from(cloudResources).where(eq(cloudResources.id, resourceId));
  return row ?? null;
}

/** What is not over yet of a region, or of a workspace. */
export const liveResources = (
  ctx: Pick<Ctx, "db">,
  of: ({ hostId: string } | { workspaceId: string }) & { kind?: CloudResourceKind },
): Promise<CloudResource[]> =>
  ctx.db
    .select()
    .from(cloudResources)
    .where(
      and(
        "hostId" in of
          ? eq(cloudResources.hostId, of.hostId)
          : eq(cloudResources.workspaceId, of.workspaceId),
        notInArray(cloudResources.state, overStates),
        of.kind ? eq(cloudResources.kind, of.kind) : undefined,
      ),
    );

const firstMinuteMs = 60_000;

/** A list that does not have it says nothing yet: new things are missing in lists for a while. */
export function isNew(
  ctx: Pick<Ctx, "clock">,
  row: Pick<CloudResource, "acceptedAt" | "createdAt">,
): boolean {
  const since = row.acceptedAt ?? row.createdAt;
  return ctx.clock.now().getTime() - since.getTime() < firstMinuteMs;
}

/** When it is worth asking again after so many troubles in a row: 1, 2, 4 … 60 s. */
export const backOff = (ctx: Pick<Ctx, "clock">, errors: number): Date =>
  new Date(ctx.clock.now().getTime() + Math.min(60, 2 ** Math.min(errors, 6)) * 1_000);
