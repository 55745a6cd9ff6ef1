import type { Ctx } from "@/lib/platform/context";
import { env, isLoopback } from "@/lib/platform/env";
import { closeDemo, openDemo } from "./demo";
import { ensureRoles } from "./ensure-roles";
import { openSetUp } from "./set-up";

/**
 * At every start: the roles; on a loopback machine the demo accounts; elsewhere no demo account is
 * left open, and without an administrator the log names the token that makes the first one.
 */
export async function ensureFirstRun({
  ctx,
  loopback = isLoopback(),
}: {
  ctx: Ctx;
  loopback?: boolean;
}): Promise<void> {
  await ensureRoles({ ctx });
  if (loopback) return openDemo({ ctx });
  const closed = await closeDemo({ ctx });
  if (closed > 0)
    ctx.log.warn({ closed }, "demo accounts suspended: this service is no longer only on loopback");
  const token = await openSetUp({ ctx });
  // In the sentence, not in a field: fields of that name are redacted, and this one is meant to be read.
  if (token)
    ctx.log.warn(`set-up token: ${token} (enter it once at ${new URL("/setup", env().PUBLIC_URL).href})`);
}
