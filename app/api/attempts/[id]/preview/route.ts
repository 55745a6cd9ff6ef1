import { apiRoute } from "@/lib/accounts";
import { previewFile } from "@/lib/homefiles";
import { pathInput } from "@/lib/homefiles/schema";
import { parsed } from "@/lib/platform/parsed";

/** What kind of file it is, and how it begins when it is a text. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const path = new URL(request.url).searchParams.get("path") ?? "";
  return Response.json(await previewFile({ ctx, input: parsed(pathInput, { attemptId: params.id, path }) }));
});
