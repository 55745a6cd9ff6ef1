import { and, eq, ne } from "drizzle-orm";
import { hosts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { driverFor } from "./drivers";

const everyMs = 3_000;

/**
 * Keeps the desktop gateway of every host answering: one that was killed is back in some seconds, one that hangs is
 * replaced as soon. Returns how to end it. An engine that does not answer is the reconciler's business.
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
      await driverFor("docker").ensureGuacd(host);
      troubled.delete(host.id);
    } catch (error) {
      const { key } = toAppError(error);
      if (key === "hostUnreachable" || troubled.get(host.id) === key) return;
      troubled.set(host.id, key);
      ctx.log.warn({ err: error, host: name }, "no gateway for desktops on this host");
    }
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
