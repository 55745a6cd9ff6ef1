import { and, eq } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { hosts } from "@/db/schema/workspaces";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { toAppError } from "@/lib/platform/errors";
import { driverFor, type HostFacts } from "@/lib/workspaces/drivers";
import { localCapacity } from "./capacity";
import { expectedOn } from "./expected-on";

type Host = typeof hosts.$inferSelect;

/**
 * Asks a host how it is and writes down what it said. One that does not answer, or that is not the engine
 * which it was, is marked, with since when; nothing on it is touched, because unknown is never gone.
 */
export async function measureHost({ ctx, input: host }: { ctx: Ctx; input: Host }): Promise<boolean> {
  let facts: HostFacts | null = null;
  try {
    const answer = await driverFor(host.driver).prepareHost({ id: host.id, endpoint: host.endpoint });
    if (await isKnown(ctx, host, answer.engine)) facts = answer;
    else
      ctx.log.error({ host: host.name }, "another engine answers here, without the workspaces of this host");
  } catch (error) {
    ctx.log.warn({ err: error, host: host.name, key: toAppError(error).key }, "a host does not answer");
  }
  await transact(ctx.db, async (tx) => {
    const before = facts ? "unreachable" : "ok";
    const turned = await tx
      .update(hosts)
      .set(
        facts
          ? { health: "ok", unreachableSince: null }
          : { health: "unreachable", unreachableSince: ctx.clock.now() },
      )
      .where(and(eq(hosts.id, host.id), eq(hosts.health, before)));
    if (facts) {
      await tx
        .update(hosts)
        .set({ ...figures(facts), ...(isLocal(host) ? localCapacity(facts) : {}), seenAt: ctx.clock.now() })
        .where(eq(hosts.id, host.id));
    }
    if (affected(turned) > 0) {
      await publishChange(ctx, tx, ["admin"], "host.health", {
        hostId: host.id,
        health: facts ? "ok" : "unreachable",
      });
    }
  });
  return facts !== null;
}

/**
 * An engine that starts with nothing (another disk, another machine, another label) knows of no workspace,
 * and would say of each that it is gone. It counts as this host only when it misses none, or when an
 * administrator says so by disabling the host.
 */
async function isKnown(ctx: Ctx, host: Host, engine: string): Promise<boolean> {
  if (host.engine === null || host.engine === engine || host.status === "disabled") return true;
  const expected = await expectedOn(ctx, host.id);
  if (expected.length === 0) return true;
  const seen = await driverFor(host.driver).list({ id: host.id, endpoint: host.endpoint });
  const there = new Set(seen.map((one) => one.workspaceId));
  return expected.every(({ id }) => there.has(id));
}

const isLocal = (host: Host): boolean => host.name === "local" && host.endpoint === env().DOCKER_HOST;

const figures = (facts: HostFacts) => ({
  engine: facts.engine,
  cpus: facts.cpus,
  load: Math.round(facts.load * 100),
  memoryFreeMb: facts.memoryFreeMb,
  diskFreeMb: facts.diskFreeMb,
});
