import { apiRoute } from "@/lib/accounts";
import { archiveOfAttempt, downloadResponse, zipOf } from "@/lib/collections";

/**
 * What was collected of one attempt, as `学号_姓名.zip`: `?collection=` names a copy from before a reset,
 * `?only=changed` leaves out what is as it was at the start.
 */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const query = new URL(request.url).searchParams;
  const { name, entries } = await archiveOfAttempt({
    ctx,
    attemptId: params.id,
    collectionId: query.get("collection") ?? undefined,
    changed: query.get("only") === "changed",
  });
  return downloadResponse({ name: `${name}.zip`, type: "application/zip", content: zipOf(entries) });
});
