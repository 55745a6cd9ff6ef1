import { expect, vi } from "vitest";
import { recordReady } from "@/lib/attempts";
import type { Ctx } from "@/lib/platform/context";
import { awaitBoot, createContainer, placeWaiting, prepareHome } from "@/lib/workspaces";

/** The job's steps from a place to ready, one after the other; a busy machine may take its time to boot. */
export async function bootNow(ctx: Ctx, workspaceId: string): Promise<void> {
  const step = { ctx, input: { workspaceId } };
  await placeWaiting({ ctx });
  expect(await prepareHome(step)).toBe("done");
  expect(await createContainer(step)).toBe("done");
  await vi.waitFor(async () => expect(await awaitBoot(step)).toBe("done"), 45_000);
  expect(await recordReady(step)).toBe(true);
}
