import { and, asc, eq, gt, like, or, sql } from "drizzle-orm";
import type { z } from "zod";
import { enrolments, users } from "@/db/schema";
import type { Ctx } from "@/lib/platform/context";
import { likePattern, type Page, pageOf, readCursor } from "@/lib/platform/keyset";
import { loadClass } from "./load";
import { listRosterInput } from "./schema";

export type RosterRow = {
  userId: string;
  username: string;
  name: string;
  number: string | null;
  status: "active" | "suspended";
  /** Still has the initial password. */
  waiting: boolean;
};

export type Roster = Page<RosterRow> & { total: number };

const rosterColumns = {
  userId: users.id,
  username: users.username,
  name: users.name,
  number: users.number,
  status: users.status,
  waiting: users.mustChangePassword,
};

/** A page of the class's roster, in the order of user names (which are the student numbers). */
export async function listRoster({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof listRosterInput>;
}): Promise<Roster> {
  const asked = listRosterInput.parse(input);
  await loadClass(ctx, asked.classId, "view");
  return readRoster(ctx, asked);
}

/** The same for who has loaded the class, and so knows that the actor may view it. */
export async function readRoster(
  ctx: Ctx,
  { classId, search, cursor, limit }: z.output<typeof listRosterInput>,
): Promise<Roster> {
  const after = readCursor(cursor, 1);
  const pattern = likePattern(search);
  const found = and(
    eq(enrolments.classId, classId),
    search
      ? or(like(users.name, pattern), like(users.username, pattern), like(users.number, pattern))
      : undefined,
  );
  const [rows, [count]] = await Promise.all([
    ctx.db
      .select(rosterColumns)
      .from(enrolments)
      .innerJoin(users, eq(users.id, enrolments.userId))
      .where(and(found, after ? gt(users.username, after[0] ?? "") : undefined))
      .orderBy(asc(users.username))
      .limit(limit + 1),
    ctx.db
      .select({ total: sql<number>`count(*)` })
      .from(enrolments)
      .innerJoin(users, eq(users.id, enrolments.userId))
      .where(found),
  ]);
  return { ...pageOf(rows, limit, (row) => [row.username]), total: Number(count?.total ?? 0) };
}
