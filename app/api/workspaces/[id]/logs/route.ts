import { apiRoute } from "@/lib/accounts";
import { workspaceLogs } from "@/lib/workspaces";

/** The last lines of what the workspace printed, as plain text. */
export const GET = apiRoute<{ id: string }>(
  async ({ ctx, params }) =>
    new Response(await workspaceLogs({ ctx, workspaceId: params.id }), {
      headers: { "content-type": "text/plain; charset=utf-8" },
    }),
);
