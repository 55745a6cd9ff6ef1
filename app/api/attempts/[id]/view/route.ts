import { apiRoute } from "@/lib/accounts";
import { serveView } from "@/lib/homefiles";
import { pathInput } from "@/lib/homefiles/schema";
import { parsed } from "@/lib/platform/parsed";

/** A picture of the home, to be drawn in the page, or a PDF, to be opened in a tab of its own. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const path = new URL(request.url).searchParams.get("path") ?? "";
  return serveView({ ctx, input: parsed(pathInput, { attemptId: params.id, path }) });
});
