import { apiRoute } from "@/lib/accounts";
import { listKernels } from "@/lib/workspaces";

/** What runs in it, as its Jupyter says; 503 while that does not answer. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, params }) =>
  Response.json({ kernels: await listKernels({ ctx, workspaceId: params.id }) }),
);
