import { apiRoute } from "@/lib/accounts";
import { endWatch } from "@/lib/watches";

/** The last word of a page that is closed, where an action would not get through any more. */
export const POST = apiRoute<{ id: string }>(async ({ ctx, params }) => {
  await endWatch({ ctx, input: { watchId: params.id } });
  return new Response(null, { status: 204 });
});
