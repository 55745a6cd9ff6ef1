import { apiRoute } from "@/lib/accounts";
import { getCollection } from "@/lib/collections";

/** The manifest of what was collected of one attempt, by pages; `collection` is null before it has ended. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const after = new URL(request.url).searchParams.get("after") ?? undefined;
  const found = await getCollection({ ctx, input: { attemptId: params.id, after } });
  if (!found) return Response.json({ collection: null, files: [], next: null });
  const { state, files, skipped, bytes, cause, finishedAt } = found.collection;
  return Response.json({
    collection: { state, files, skipped, bytes, cause, finishedAt },
    files: found.files.map(({ id, path, size, sha256, skipped: why }) => ({
      id,
      path,
      size,
      sha256,
      skipped: why,
    })),
    next: found.next,
  });
});
