import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import { driverFor, type Shell, type ShellWish } from "./drivers";
import { loadForDriver } from "./load";

/**
 * A shell in a ready workspace. The caller has checked who asks. Throws `consoles.notReady` while it is not ready,
 * `workspaceGone` when it has just ended, `terminal.noShell` where the image has none, and what hosts say.
 */
export async function openShell(ctx: Ctx, workspaceId: string, wish: ShellWish): Promise<Shell> {
  const { workspace, template, ref } = await loadForDriver(ctx, workspaceId);
  if (workspace.state !== "ready" || workspace.desired !== "running" || !ref)
    throw conflict("consoles.notReady");
  return driverFor(template.driver).exec(ref, wish);
}
