import { and, eq, ne } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { conflict, toAppError, unavailable } from "@/lib/platform/errors";
import { driverFor } from "./drivers";
import { settleFreeze, wakeStep } from "./freeze";
import { type Loaded, loadForDriver, loadWorkspace } from "./load";
import { workspaceInput } from "./schema";
import { moveWorkspace } from "./state";

/** Thaws a paused workspace, with the kernels that it had. Who may pause may resume. */
export async function resumeWorkspace({ ctx, input }: { ctx: Ctx; input: z.infer<typeof workspaceInput> }) {
  const { workspaceId } = workspaceInput.parse(input);
  const before = await loadWorkspace(ctx, workspaceId, "pause");
  if (before.state === "ready") return { resumed: true };
  if (before.state !== "paused" || before.purpose === "warm") throw conflict("workspaces.notPaused");
  const loaded = await loadForDriver(ctx, workspaceId);
  // Thawed before anything is let through again: nobody waits at a frozen server.
  await wake(ctx, loaded);
  const moved = await transact(ctx.db, async (tx) => {
    const done = await moveWorkspace(ctx, tx, workspaceId, {
      to: "ready",
      reason: "resume",
      // Back at work: it does not count as idle since before the pause.
      patch: {
        activeAt: ctx.clock.now(),
        idleWarnedAt: null,
        health: "ok",
        unreachableSince: null,
        step: null,
        stepAt: null,
      },
      only: and(
        eq(workspaces.state, "paused"),
        eq(workspaces.desired, "running"),
        ne(workspaces.purpose, "warm"),
      ),
    });
    if (done) {
      await recordAudit(ctx, tx, {
        action: "workspace.resume",
        targetType: "workspace",
        targetId: workspaceId,
        before: { state: "paused" },
        after: { state: "ready" },
      });
    }
    return done;
  });
  // A pause of another tab may have frozen it between the two.
  await settleFreeze(ctx, workspaceId);
  return { resumed: moved };
}

const bootMs = 150_000;
const lookEveryMs = 1_000;

/** A container thaws in a moment. An instance boots: until it answers, its student sees that it is still off. */
async function wake(ctx: Ctx, { ref, template, workspace }: Loaded): Promise<void> {
  if (!ref) return;
  const driver = driverFor(template.driver);
  if (template.driver === "docker") return driver.resume(ref);
  const step = (value: string | null) =>
    ctx.db
      .update(workspaces)
      .set({ step: value, stepAt: value ? ctx.clock.now() : null })
      .where(and(eq(workspaces.id, workspace.id), eq(workspaces.state, "paused")));
  const until = performance.now() + bootMs;
  const secret = workspace.secret ? unseal(workspace.secret) : "";
  await step(wakeStep);
  try {
    for (;;) {
      const isUp =
        (await isAsked(() => driver.resume(ref))) &&
        workspace.address !== null &&
        (await driver.probe(workspace.address, template, secret));
      if (isUp) return;
      if (performance.now() > until) throw unavailable("cloud.notReady");
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  } catch (error) {
    await step(null);
    throw error;
  }
}

/** False while it is still on its way down, or the cloud has no ear just now. */
async function isAsked(ask: () => Promise<void>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    const { code, key } = toAppError(error);
    if (code === "unavailable" && key.startsWith("cloud.")) return false;
    throw error;
  }
}
