import { and, eq, isNotNull } from "drizzle-orm";
import { cloudResources } from "@/db/schema/clouds";
import { workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { bringBack } from "./bring";
import { forEach } from "./each";
import { loadForDriver } from "./load";
import { failWorkspace } from "./provision";

/** Whether the cloud has taken its instance back, or says that it will. */
export async function isReclaimed(ctx: Ctx, workspaceId: string): Promise<boolean> {
  const [row] = await ctx.db
    .select({ id: cloudResources.id })
    .from(cloudResources)
    .where(and(eq(cloudResources.workspaceId, workspaceId), isNotNull(cloudResources.reclaimAt)));
  return row !== undefined;
}

type Args = { ctx: Ctx; input: { workspaceId: string } };

/** Fetches the work of a running workspace now; nothing to do for what does not run. */
export async function fetchWork({ ctx, input }: Args): Promise<void> {
  const loaded = await loadForDriver(ctx, input.workspaceId);
  const { state, desired } = loaded.workspace;
  if (state === "ready" && desired === "running") await bringBack(ctx, loaded);
}

/** Ends a workspace whose instance is about to be taken back; its work is fetched once more on the way. */
export async function endReclaimed({ ctx, input }: Args): Promise<void> {
  if (await isReclaimed(ctx, input.workspaceId))
    await failWorkspace({ ctx, input: { ...input, cause: "reclaimed", detail: " " } });
}

/** Fetches the work of everybody who is on an instance now, some at a time; one that is away holds up no other. */
export async function fetchAllWork({ ctx }: { ctx: Ctx }): Promise<{ done: number; failed: number }> {
  const rows = await ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .innerJoin(cloudResources, eq(cloudResources.workspaceId, workspaces.id))
    .where(
      and(
        eq(workspaces.state, "ready"),
        eq(workspaces.desired, "running"),
        eq(cloudResources.kind, "instance"),
        eq(cloudResources.state, "running"),
      ),
    );
  const { done, failed } = await forEach(
    ctx,
    rows.map(({ id }) => id),
    (workspaceId) => fetchWork({ ctx, input: { workspaceId } }),
  );
  return { done: done.length, failed: failed.length };
}
