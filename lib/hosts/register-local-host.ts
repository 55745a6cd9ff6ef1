import { eq } from "drizzle-orm";
import { hosts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { isDuplicate, toAppError, unavailable } from "@/lib/platform/errors";
import { driverFor, type HostFacts } from "@/lib/workspaces/drivers";
import { localCapacity } from "./capacity";

const name = "local";

/**
 * The row of the engine in DOCKER_HOST, made or brought up to date at every start of the service. An engine
 * that does not answer now gets its row all the same, without room, and is measured when it answers.
 */
export async function registerLocalHost({
  ctx,
}: {
  ctx: Ctx;
}): Promise<{ hostId: string; reachable: boolean }> {
  const endpoint = env().DOCKER_HOST;
  const [known] = await ctx.db.select().from(hosts).where(eq(hosts.name, name));
  const hostId = known?.id ?? ctx.newId();
  const facts = await measure(ctx, { id: hostId, endpoint });
  const at = ctx.clock.now();
  const seen = facts
    ? {
        ...localCapacity(facts),
        cpus: facts.cpus,
        load: Math.round(facts.load * 100),
        memoryFreeMb: facts.memoryFreeMb,
        diskFreeMb: facts.diskFreeMb,
        health: "ok" as const,
        unreachableSince: null,
        seenAt: at,
      }
    : { health: "unreachable" as const, unreachableSince: known?.unreachableSince ?? at };
  if (known) {
    await ctx.db
      .update(hosts)
      .set({ endpoint, ...seen })
      .where(eq(hosts.id, hostId));
    return { hostId, reachable: facts !== null };
  }
  try {
    await ctx.db
      .insert(hosts)
      .values({ id: hostId, name, endpoint, cpus: 0, memoryMb: 0, diskMb: 0, createdAt: at, ...seen });
  } catch (error) {
    // Another copy of the service was first; its row is as good.
    if (!isDuplicate(error)) throw error;
    return registerLocalHost({ ctx });
  }
  return { hostId, reachable: facts !== null };
}

/** A service does not wait long for its engine: pages work without, and the reconciler asks again. */
const patienceMs = 10_000;

async function measure(ctx: Ctx, host: { id: string; endpoint: string }): Promise<HostFacts | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable("hostUnreachable")), patienceMs);
  });
  try {
    return await Promise.race([driverFor("docker").prepareHost(host), late]);
  } catch (error) {
    ctx.log.error({ err: error, key: toAppError(error).key }, "the Docker host is not ready");
    return null;
  } finally {
    clearTimeout(timer);
  }
}
