import { apiRoute } from "@/lib/accounts";
import { listAttemptFiles } from "@/lib/attempts";

/** One directory of the home behind an attempt; `path` is relative to it, empty for the home itself. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const path = new URL(request.url).searchParams.get("path") ?? "";
  const entries = await listAttemptFiles({ ctx, input: { attemptId: params.id, path } });
  return Response.json({ path, entries });
});
