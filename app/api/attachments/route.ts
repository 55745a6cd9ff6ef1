import { apiRoute } from "@/lib/accounts";
import { addAttachment } from "@/lib/experiments";
import { addAttachmentInput, attachmentLimits } from "@/lib/experiments/schema";
import { limit, notFound } from "@/lib/platform/errors";

/** `PUT /api/attachments?experiment=…&name=…`, the file as the raw body: streamed, never held in memory. */
export const PUT = apiRoute(async ({ ctx, request }) => {
  const query = new URL(request.url).searchParams;
  const input = addAttachmentInput.safeParse({
    experimentId: query.get("experiment"),
    name: query.get("name") ?? "",
  });
  if (!input.success) throw notFound("experiment");
  if (Number(request.headers.get("content-length") ?? 0) > attachmentLimits.bytes) {
    throw limit("fileTooLarge", { max: attachmentLimits.bytes / 1024 / 1024 });
  }
  const content = request.body ?? new Blob([]).stream();
  return Response.json(await addAttachment({ ctx, input: input.data, content }), { status: 201 });
});
