import { apiRoute } from "@/lib/accounts";
import { archiveOfAttempt, downloadResponse, zipOf } from "@/lib/collections";

/** What was collected of one attempt, as `学号_姓名.zip`; `?only=changed` for what is not as it was at the start. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const changed = new URL(request.url).searchParams.get("only") === "changed";
  const { name, entries } = await archiveOfAttempt({ ctx, attemptId: params.id, changed });
  return downloadResponse({ name: `${name}.zip`, type: "application/zip", content: zipOf(entries) });
});
