import { apiRoute } from "@/lib/accounts";
import { downloadResponse } from "@/lib/collections";
import { readAttachment } from "@/lib/experiments";
import { openFile } from "@/lib/platform/files";

/** An attachment as a download; never shown as a page of this origin. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, params }) => {
  const { name, sha256, size } = await readAttachment(ctx, params.id);
  return downloadResponse({ name, size, content: openFile(sha256) });
});
