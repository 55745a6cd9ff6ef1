import { eq, inArray } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { experiments, tasks } from "@/db/schema/experiments";
import { attempts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";

/** What a run was about, as far as it is still there. */
export type Link = {
  workspaceId: string | null;
  attemptId: string | null;
  number: number | null;
  person: { id: string; name: string; username: string } | null;
  experiment: { id: string; title: string } | null;
};

/** For ids of workspaces and attempts: whose they are, and of which experiment. */
export async function linksOf(ctx: Ctx, ids: readonly string[]): Promise<Map<string, Link>> {
  const wanted = [...new Set(ids)];
  const links = new Map<string, Link>();
  if (wanted.length === 0) return links;
  const columns = {
    attemptId: attempts.id,
    number: attempts.number,
    person: { id: users.id, name: users.name, username: users.username },
    experiment: { id: experiments.id, title: experiments.title },
  };
  const [ofAttempts, ofWorkspaces] = await Promise.all([
    ctx.db
      .select(columns)
      .from(attempts)
      .innerJoin(users, eq(users.id, attempts.userId))
      .innerJoin(tasks, eq(tasks.id, attempts.taskId))
      .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
      .where(inArray(attempts.id, wanted)),
    ctx.db
      .select({ ...columns, workspaceId: workspaces.id })
      .from(workspaces)
      .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
      .leftJoin(users, eq(users.id, workspaces.userId))
      .leftJoin(tasks, eq(tasks.id, attempts.taskId))
      .leftJoin(experiments, eq(experiments.id, tasks.experimentId))
      .where(inArray(workspaces.id, wanted)),
  ]);
  for (const row of ofAttempts) links.set(row.attemptId, { workspaceId: null, ...row });
  for (const row of ofWorkspaces) links.set(row.workspaceId, row);
  return links;
}

/** The more telling of a run's two things: a workspace also names its attempt. */
export const linkOf = (links: Map<string, Link>, subjects: readonly (string | null)[]): Link | null => {
  const found = subjects.flatMap((id) => (id && links.get(id)) || []);
  return found.find((link) => link.workspaceId) ?? found[0] ?? null;
};
