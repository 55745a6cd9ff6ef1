import { apiRoute } from "@/lib/accounts";
import { workspaceStats } from "@/lib/workspaces";

/** CPU and memory of what runs now; null while nothing does. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, params }) =>
  Response.json({ stats: await workspaceStats({ ctx, workspaceId: params.id }) }),
);
