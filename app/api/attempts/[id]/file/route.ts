import { apiRoute } from "@/lib/accounts";
import { serveFile } from "@/lib/homefiles";
import { pathInput } from "@/lib/homefiles/schema";
import { parsed } from "@/lib/platform/parsed";

/** One file of the home behind an attempt, for saving; a broken download goes on where it stopped. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const path = new URL(request.url).searchParams.get("path") ?? "";
  const input = parsed(pathInput, { attemptId: params.id, path });
  return serveFile({ ctx, input, headers: request.headers });
});
