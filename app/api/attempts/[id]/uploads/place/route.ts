import { apiRoute } from "@/lib/accounts";
import { placeUploads } from "@/lib/homefiles";
import { placeInput } from "@/lib/homefiles/schema";
import { parsed } from "@/lib/platform/parsed";

/** `{ uploads: [{ id, onConflict }] }`: puts what is whole into the home; an answer for each. */
export const POST = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const body = (await request.json().catch(() => null)) as object | null;
  return Response.json(
    await placeUploads({ ctx, input: parsed(placeInput, { ...body, attemptId: params.id }) }),
  );
});
