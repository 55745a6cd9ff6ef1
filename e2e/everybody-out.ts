import { expect } from "@playwright/test";
import { notInArray } from "drizzle-orm";
import { database } from "@/db/client";
import { hosts, workspaces } from "@/db/schema";
import { systemCtx } from "@/lib/platform/context";
import { stopWorkspace } from "@/lib/workspaces";

/** Stops what runs and waits until the host is empty: a story leaves nothing to the next one. */
export async function everybodyOut(): Promise<void> {
  const ctx = systemCtx("everybody-out");
  const live = () =>
    database()
      .select({ id: workspaces.id, state: workspaces.state })
      .from(workspaces)
      .where(notInArray(workspaces.state, ["stopped", "failed"]));
  for (const { id } of await live()) await stopWorkspace({ ctx, input: { workspaceId: id } });
  await expect.poll(live, { timeout: 90_000 }).toEqual([]);
  await expect.poll(reservedMb).toBe(0);
}

async function reservedMb(): Promise<number> {
  const [host] = await database().select().from(hosts);
  return host?.memoryReservedMb ?? -1;
}
