import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { notFound } from "@/lib/platform/errors";
import { type Agent, driverFor } from "./drivers";
import type { Desktop, Guacd } from "./drivers/driver";
import { loadForDriver } from "./load";

export type DesktopTarget = Desktop & { guacd: Guacd };

type Args = { ctx: Ctx; input: { workspaceId: string } };

/**
 * Where and with what a running desktop is reached: for the gateway alone, never for a browser. The caller has
 * checked who asks. `notFound` for what is no desktop or does not run.
 */
export async function desktopTarget({ ctx, input }: Args): Promise<DesktopTarget> {
  const { workspace, template, ref, home } = await loadForDriver(ctx, input.workspaceId);
  const { address, secret, state } = workspace;
  if (template.protocol === "jupyter" || !ref || !address || !secret || state !== "ready")
    throw notFound("workspace");
  const driver = driverFor(template.driver);
  const guacd = await driver.gateway(ref, home);
  return { ...driver.desktop(address, template, unseal(secret)), guacd };
}

/** A line into a running desktop; the caller has checked who asks, and closes it. */
export async function openAgent({ ctx, input }: Args): Promise<Agent> {
  const { workspace, template, ref } = await loadForDriver(ctx, input.workspaceId);
  if (template.protocol === "jupyter" || !ref || workspace.state !== "ready") throw notFound("workspace");
  return driverFor(template.driver).agent(ref);
}
