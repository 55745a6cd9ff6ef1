import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";
import type { Topic } from "@/lib/changes";

type Listed = { id: string; userId: string | null; attemptId: string | null };

/** Who has a page open that shows this workspace. */
export async function topicsOf(tx: Tx, workspace: Listed): Promise<Topic[]> {
  const topics: Topic[] = [`workspace:${workspace.id}`, "admin"];
  if (workspace.userId) topics.push(`user:${workspace.userId}`);
  if (workspace.attemptId) {
    const [task] = await tx
      .select({ experimentId: tasks.experimentId })
      .from(attempts)
      .innerJoin(tasks, eq(tasks.id, attempts.taskId))
      .where(eq(attempts.id, workspace.attemptId));
    if (task) topics.push(`experiment:${task.experimentId}`);
  }
  return topics;
}
