import { and, asc, count, desc, eq, exists, gt, inArray, isNull, like, or } from "drizzle-orm";
import type { z } from "zod";
import { sessions, userRoles, users } from "@/db/schema/accounts";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { forbidden, notFound } from "@/lib/platform/errors";
import { likePattern, type Page, pageOf, readCursor } from "@/lib/platform/keyset";
import { type Role, roles as roleNames } from "@/lib/platform/permissions";
import { can } from "./policy";
import { listUsersSchema } from "./schema";

export type UserRow = {
  id: string;
  username: string;
  name: string;
  number: string | null;
  email: string | null;
  status: "active" | "suspended";
  mustChangePassword: boolean;
  demo: boolean;
  createdAt: Date;
  roles: Role[];
};

const columns = {
  id: users.id,
  username: users.username,
  name: users.name,
  number: users.number,
  email: users.email,
  status: users.status,
  mustChangePassword: users.mustChangePassword,
  demo: users.demo,
  createdAt: users.createdAt,
};

type Wanted = z.output<typeof listUsersSchema>;

const matching = (ctx: Ctx, { search, role, status }: Wanted) => {
  const pattern = likePattern(search.normalize("NFKC"));
  const columns = [users.username, users.name, users.number, users.email];
  const holding = (name: Role) =>
    ctx.db
      .select({ id: userRoles.userId })
      .from(userRoles)
      .where(and(eq(userRoles.userId, users.id), eq(userRoles.role, name)));
  return and(
    search ? or(...columns.map((column) => like(column, pattern))) : undefined,
    role ? exists(holding(role)) : undefined,
    status ? eq(users.status, status) : undefined,
  );
};

/** People by sign-in name, a page at a time. */
export async function listUsers(options: {
  ctx: Ctx;
  input: z.input<typeof listUsersSchema>;
}): Promise<Page<UserRow>> {
  const { ctx } = options;
  if (!can(ctx.actor, "list")) throw forbidden();
  const wanted = listUsersSchema.parse(options.input);
  const [cursor] = readCursor(wanted.after, 1) ?? [];
  const rows = await ctx.db
    .select(columns)
    .from(users)
    .where(and(matching(ctx, wanted), cursor === undefined ? undefined : gt(users.username, cursor)))
    .orderBy(asc(users.username))
    .limit(wanted.limit + 1);
  const held = await rolesOf(
    ctx,
    rows.map((row) => row.id),
  );
  return pageOf(
    rows.map((row) => ({ ...row, roles: held.get(row.id) ?? [] })),
    wanted.limit,
    (row) => [row.username],
  );
}

/** How many people {@link listUsers} would list in all. */
export async function countUsers({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof listUsersSchema>;
}): Promise<number> {
  if (!can(ctx.actor, "list")) throw forbidden();
  const [row] = await ctx.db
    .select({ total: count() })
    .from(users)
    .where(matching(ctx, listUsersSchema.parse(input)));
  return row?.total ?? 0;
}

async function rolesOf(ctx: Ctx, ids: readonly string[]): Promise<Map<string, Role[]>> {
  const held = new Map<string, Role[]>();
  if (ids.length === 0) return held;
  const rows = await ctx.db
    .select()
    .from(userRoles)
    .where(inArray(userRoles.userId, [...ids]));
  for (const name of roleNames) {
    for (const row of rows)
      if (row.role === name) held.set(row.userId, [...(held.get(row.userId) ?? []), name]);
  }
  return held;
}

/** One's own account, as its page shows it. */
export async function ownAccount({ ctx }: { ctx: Ctx }): Promise<UserRow & { locale: string }> {
  const actor = requireUser(ctx);
  const [row] = await ctx.db
    .select({ ...columns, locale: users.locale })
    .from(users)
    .where(eq(users.id, actor.id));
  if (!row) throw notFound("user");
  return { ...row, roles: [...actor.roles] };
}

export type OwnSession = {
  id: string;
  userAgent: string;
  address: string;
  createdAt: Date;
  seenAt: Date;
  current: boolean;
};

/** One's own open sessions, the latest first. */
export async function ownSessions({ ctx }: { ctx: Ctx }): Promise<OwnSession[]> {
  const actor = requireUser(ctx);
  const rows = await ctx.db
    .select({
      id: sessions.id,
      userAgent: sessions.userAgent,
      address: sessions.address,
      createdAt: sessions.createdAt,
      seenAt: sessions.seenAt,
    })
    .from(sessions)
    .where(
      and(eq(sessions.userId, actor.id), isNull(sessions.endedAt), gt(sessions.expiresAt, ctx.clock.now())),
    )
    .orderBy(desc(sessions.seenAt))
    .limit(50);
  return rows.map((row) => ({ ...row, current: row.id === actor.sessionId }));
}
