import { apiRoute } from "@/lib/accounts";
import { downloadResponse } from "@/lib/collections";
import { archiveFiles } from "@/lib/homefiles";
import { archiveInput } from "@/lib/homefiles/schema";
import { parsed } from "@/lib/platform/parsed";

/** `?folder=…&names=a/b`: these entries of a directory as a ZIP; without `names` all of it. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const query = new URL(request.url).searchParams;
  const names = (query.get("names") ?? "").split("/").filter(Boolean);
  const input = parsed(archiveInput, { attemptId: params.id, folder: query.get("folder") ?? "", names });
  const { name, content } = await archiveFiles({ ctx, input });
  return downloadResponse({ name, type: "application/zip", content });
});
