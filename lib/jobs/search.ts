import { desc, inArray, or, sql } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { attempts, workspaces } from "@/db/schema/workspaces";
import { listFunctions, type RunFilter } from "@/lib/executor";
import type { Ctx } from "@/lib/platform/context";
import { likePattern } from "@/lib/platform/keyset";

const rowId = /^[0-9A-HJKMNP-TV-Z]{26}$/i;
const mostPeople = 20;
const mostThings = 400;

/**
 * What a text in the search box may mean: an id (run, event, workspace, attempt), else a person's name or number,
 * part of a function's name, or part of an error.
 */
export async function searchOf(ctx: Ctx, text: string): Promise<RunFilter["search"]> {
  const wanted = text.trim().slice(0, 200);
  if (wanted === "") return undefined;
  if (rowId.test(wanted)) return { ids: [wanted.toUpperCase()] };
  const [ids, functions] = await Promise.all([thingsOf(ctx, wanted), listFunctions({ ctx })]);
  return {
    ids,
    functionIds: functions.filter((id) => id.toLowerCase().includes(wanted.toLowerCase())).slice(0, 50),
    error: wanted,
  };
}

/** The newest attempts and workspaces of the people who are called so. */
async function thingsOf(ctx: Ctx, name: string): Promise<string[]> {
  const pattern = likePattern(name);
  const people = await ctx.db
    .select({ id: users.id })
    .from(users)
    .where(or(...[users.username, users.name, users.number].map((column) => sql`${column} LIKE ${pattern}`)))
    .limit(mostPeople);
  if (people.length === 0) return [];
  const ids = people.map((person) => person.id);
  const [tries, environments] = await Promise.all([
    ctx.db
      .select({ id: attempts.id })
      .from(attempts)
      .where(inArray(attempts.userId, ids))
      .orderBy(desc(attempts.id))
      .limit(mostThings),
    ctx.db
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(inArray(workspaces.userId, ids))
      .orderBy(desc(workspaces.id))
      .limit(mostThings),
  ]);
  return [...tries, ...environments].map((row) => row.id);
}
