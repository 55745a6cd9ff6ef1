import { apiRoute } from "@/lib/accounts";
import { archiveOfExperiment, downloadResponse, zipOf } from "@/lib/collections";

/** What was collected of an experiment, a folder `学号_姓名` per student; `?class=`, `?student=`, `?only=changed` for a part. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const query = new URL(request.url).searchParams;
  const { name, entries } = await archiveOfExperiment({
    ctx,
    input: {
      experimentId: params.id,
      classId: query.get("class") || undefined,
      userId: query.get("student") || undefined,
      changed: query.get("only") === "changed",
    },
  });
  return downloadResponse({ name: `${name}.zip`, type: "application/zip", content: zipOf(entries) });
});
