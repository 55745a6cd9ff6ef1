import type { Logger } from "pino";
import { type Db, database } from "@/db/client";
import { type Clock, systemClock } from "./clock";
import { forbidden, unauthenticated } from "./errors";
import { newId, randomToken } from "./ids";
import { log } from "./log";
import { logContext } from "./log-context";
import { type Permission, permissions, type Role } from "./permissions";

export type UserActor = {
  type: "user";
  id: string;
  name: string;
  roles: readonly Role[];
  permissions: ReadonlySet<Permission>;
  sessionId: string;
};
type SystemActor = { type: "system"; job: string; permissions: ReadonlySet<Permission> };
export type NobodyActor = { type: "nobody"; permissions: ReadonlySet<Permission> };
export type Actor = UserActor | SystemActor | NobodyActor;

/** Everything a verb takes from the outside: who acts, and the sources of time, ids and randomness. */
export interface Ctx {
  actor: Actor;
  requestId: string;
  db: Db;
  clock: Clock;
  newId: () => string;
  newToken: () => string;
  log: Logger;
}

export const nobody: NobodyActor = { type: "nobody", permissions: new Set() };

export function createCtx(actor: Actor, overrides: Partial<Ctx> = {}): Ctx {
  const around = logContext()?.requestId;
  const requestId = overrides.requestId ?? around ?? newId();
  const who = { actor: actor.type === "user" ? actor.id : actor.type };
  return {
    actor,
    requestId,
    db: overrides.db ?? database(),
    clock: systemClock,
    newId,
    newToken: () => randomToken(32),
    // The request's own lines have its id already.
    log: log().child(requestId === around ? who : { requestId, ...who }),
    ...overrides,
  };
}

/** The context of a job: an actor like any other, named in every event and audit row. */
export const systemCtx = (job: string, overrides: Partial<Ctx> = {}): Ctx =>
  createCtx({ type: "system", job, permissions: new Set(permissions) }, overrides);

/** The signed-in person of this context, or `unauthenticated`. */
export function requireUser(ctx: Ctx): UserActor {
  if (ctx.actor.type !== "user") throw unauthenticated();
  return ctx.actor;
}

/** Throws `unauthenticated` or `forbidden` unless the actor carries the permission. */
export function requirePermission(ctx: Ctx, permission: Permission): void {
  if (ctx.actor.type === "nobody") throw unauthenticated();
  if (!ctx.actor.permissions.has(permission)) throw forbidden();
}

/** How an actor is written into event and audit rows: `user:<id>` or `system:<job>`. */
export const actorName = (actor: Actor): string =>
  actor.type === "user" ? `user:${actor.id}` : actor.type === "system" ? `system:${actor.job}` : "nobody";
