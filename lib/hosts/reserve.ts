import { and, eq, sql } from "drizzle-orm";
import { affected, type Tx } from "@/db/client";
import { hosts } from "@/db/schema/workspaces";

type Amount = { hostId: string; memoryMb: number; diskMb: number };

/**
 * Takes memory (and disk, for a new home) of a host in the caller's transaction. One conditional UPDATE:
 * two placements at once can never promise the same megabyte. False when it does not fit any more.
 */
export async function reserve({ tx, input }: { tx: Tx; input: Amount }): Promise<boolean> {
  const result = await tx
    .update(hosts)
    .set({
      memoryReservedMb: sql`${hosts.memoryReservedMb} + ${input.memoryMb}`,
      diskReservedMb: sql`${hosts.diskReservedMb} + ${input.diskMb}`,
    })
    .where(
      and(
        eq(hosts.id, input.hostId),
        eq(hosts.status, "enabled"),
        eq(hosts.health, "ok"),
        sql`${hosts.memoryReservedMb} + ${input.memoryMb} <= ${hosts.memoryMb}`,
        sql`${hosts.diskReservedMb} + ${input.diskMb} <= ${hosts.diskMb}`,
      ),
    );
  return affected(result) > 0;
}

/** Gives back what was taken; never below nothing, should it be given back twice. */
export async function release({ tx, input }: { tx: Tx; input: Amount }): Promise<void> {
  await tx
    .update(hosts)
    .set({
      memoryReservedMb: sql`greatest(0, ${hosts.memoryReservedMb} - ${input.memoryMb})`,
      diskReservedMb: sql`greatest(0, ${hosts.diskReservedMb} - ${input.diskMb})`,
    })
    .where(eq(hosts.id, input.hostId));
}
