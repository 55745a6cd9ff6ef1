import { apiRoute } from "@/lib/accounts";
import { servePicture } from "@/lib/homefiles";
import { readInput } from "@/lib/homefiles/schema";
import { parsed } from "@/lib/platform/parsed";

/** A picture of the home, to be drawn in the page. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const path = new URL(request.url).searchParams.get("path") ?? "";
  return servePicture({ ctx, input: parsed(readInput, { attemptId: params.id, path }) });
});
