import { apiRoute } from "@/lib/accounts";
import { workspaceScreen } from "@/lib/attempts";

/** What the page of a workspace shows, for when something of it changed. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, params }) =>
  Response.json(await workspaceScreen({ ctx, workspaceId: params.id })),
);
