import { afterCommit, type Tx } from "@/db/client";
import { outbox } from "@/db/schema/audit";

export type NewEvent = { id: string; name: string; data: Record<string, unknown>; at: Date };

/** Writes events into the outbox, in the caller's transaction; one whose id is known is left out. */
export async function enqueueEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx
    .insert(outbox)
    .ignore()
    .values(events.map(({ id, name, data, at }) => ({ id, name, data, createdAt: at })));
  afterCommit(tx, wakeExecutor);
}

const shared = globalThis as typeof globalThis & { labyardExecutorWake?: () => void };

/** The executor of this process, if it has one, looks for work now and not at its next poll. */
export const wakeExecutor = (): void => shared.labyardExecutorWake?.();

/** Whether this process carries out jobs itself. */
export const hasExecutor = (): boolean => shared.labyardExecutorWake !== undefined;

/** Names the executor to wake. On globalThis, because Next's bundle and server.ts are two module graphs. */
export function offerWake(wake: (() => void) | undefined): void {
  shared.labyardExecutorWake = wake;
}
