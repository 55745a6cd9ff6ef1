import { apiRoute } from "@/lib/accounts";
import { downloadResponse, getCollectedFile } from "@/lib/collections";
import { openFile } from "@/lib/platform/files";

/** One collected file, for saving; its hash is in the headers. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, params }) => {
  const { path, size, sha256 } = await getCollectedFile({ ctx, fileId: params.id });
  return downloadResponse({ name: path.split("/").pop() || "file", size, sha256, content: openFile(sha256) });
});
