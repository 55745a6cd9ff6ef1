import { expect } from "vitest";
import type { charges, cloudResources } from "@/db/schema/clouds";
import type { Emulator } from "@/e2e/ecs-emulator";

/** Micro-yuan: 0.01 yuan. What an answer that was lost cost until somebody looked again is within it. */
const tolerance = 10_000;

/** Each instance, with the copies of its disks, costs by our ledger what the cloud asks for it, up to `now`. */
export function comparesBill(
  emulator: Emulator,
  resources: readonly (typeof cloudResources.$inferSelect)[],
  stretches: readonly (typeof charges.$inferSelect)[],
  now: number,
): void {
  const ours = new Map<string, number>();
  for (const { id, kind, externalId, workspaceId } of resources) {
    const mine = stretches.filter(({ resourceId }) => resourceId === id);
    const cost = mine.reduce(
      (sum, { amount, price, fromAt }) => sum + (amount ?? ((now - fromAt.getTime()) * price) / 3_600_000),
      0,
    );
    const of =
      kind === "instance"
        ? externalId
        : resources.find(
            (one) => one.kind === "instance" && one.externalId && one.workspaceId === workspaceId,
          )?.externalId;
    ours.set(of ?? "", (ours.get(of ?? "") ?? 0) + cost);
  }
  const { instances } = emulator.bill();
  for (const id of new Set([...ours.keys(), ...Object.keys(instances)])) {
    const [own, theirs] = [ours.get(id) ?? 0, instances[id] ?? 0];
    expect(Math.abs(own - theirs), `${id}: ${own} in the ledger, ${theirs} on the bill`).toBeLessThan(
      tolerance,
    );
  }
}
