import { apiRoute } from "@/lib/accounts";
import { changeFiles, listFiles } from "@/lib/homefiles";
import { changeInput, pathInput } from "@/lib/homefiles/schema";
import { parsed } from "@/lib/platform/parsed";

/** One directory of the home behind an attempt; `path` is relative to it, empty for the home itself. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const path = new URL(request.url).searchParams.get("path") ?? "";
  const listing = await listFiles({ ctx, input: parsed(pathInput, { attemptId: params.id, path }) });
  return Response.json({ path, ...listing });
});

/** `{ changes: [{ act, path, … }] }`: an answer for each, in their order. */
export const POST = apiRoute<{ id: string }>(async ({ ctx, request, params }) => {
  const body = (await request.json().catch(() => null)) as object | null;
  const input = parsed(changeInput, { ...body, attemptId: params.id });
  return Response.json(await changeFiles({ ctx, input }));
});
