import { apiRoute } from "@/lib/accounts";
import { readAttemptFile } from "@/lib/attempts";
import { downloadResponse } from "@/lib/collections";

/** One file of the home behind an attempt, for saving. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const path = new URL(request.url).searchParams.get("path") ?? "";
  const { size, content } = await readAttemptFile({ ctx, input: { attemptId: params.id, path } });
  return downloadResponse({ name: path.split("/").pop() || "file", size, content });
});
