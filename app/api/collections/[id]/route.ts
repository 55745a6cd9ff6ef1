import { apiRoute } from "@/lib/accounts";
import { getManifest } from "@/lib/collections";

/** The manifest of one collection by pages; `?only=changed` without what is as it was when work began. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const query = new URL(request.url).searchParams;
  const { files, next, totals } = await getManifest({
    ctx,
    input: {
      collectionId: params.id,
      after: query.get("after") ?? undefined,
      only: query.get("only") === "changed" ? "changed" : undefined,
    },
  });
  return Response.json({
    files: files.map(({ id, path, size, sha256, skipped, count, change }) => ({
      id,
      path,
      size,
      sha256,
      skipped,
      count,
      change,
    })),
    next,
    totals,
  });
});
