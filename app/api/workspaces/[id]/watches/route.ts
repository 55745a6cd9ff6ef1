import { apiRoute } from "@/lib/accounts";
import { workspaceWatches } from "@/lib/watches";

/** Who looks at a workspace now, for the two pages that show it. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, params }) =>
  Response.json(await workspaceWatches({ ctx, workspaceId: params.id })),
);
