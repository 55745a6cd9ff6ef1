import { and, eq, ne } from "drizzle-orm";
import { hosts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { driverFor } from "./drivers";
import { forEach } from "./each";
import { loadForDriver } from "./load";

const everyMs = 3_000;

/**
 * Keeps the desktop gateways of every host answering, the common one and those of single workspaces: one that was
 * killed is back in some seconds, one that hangs is replaced as soon. Returns how to end it. An engine that does not
 * answer is the reconciler's business.
 */
export function keepGuacd({ ctx, everyMs: every = everyMs }: { ctx: Ctx; everyMs?: number }): () => void {
  const troubled = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    const rows = await ctx.db
      .select({ id: hosts.id, name: hosts.name, endpoint: hosts.endpoint })
      .from(hosts)
      .where(and(eq(hosts.driver, "docker"), ne(hosts.status, "disabled")));
    await Promise.all(rows.map(lookAt));
  }

  async function lookAt({ name, ...host }: { id: string; name: string; endpoint: string }): Promise<void> {
    try {
      const driver = driverFor("docker");
      await driver.ensureGuacd(host);
      await forEach(ctx, await driver.gateways(host, "silent"), renew);
      troubled.delete(host.id);
    } catch (error) {
      const { key } = toAppError(error);
      if (key === "hostUnreachable" || troubled.get(host.id) === key) return;
      troubled.set(host.id, key);
      ctx.log.warn({ err: error, host: name }, "no gateway for desktops on this host");
    }
  }

  /** What does not run any more needs none: the reconciler takes it away. */
  async function renew(workspaceId: string): Promise<void> {
    const { workspace, template, ref, home } = await loadForDriver(ctx, workspaceId);
    if (workspace.state !== "ready" || workspace.desired !== "running" || !ref) return;
    if (home?.mountedBy === workspaceId) await driverFor(template.driver).gateway(ref, home);
  }

  const next = () => {
    if (stopped) return;
    timer = setTimeout(run, every);
    timer.unref();
  };
  // Without a database nobody opens a desktop either.
  const run = () => void look().then(next, next);
  run();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
