import { apiRoute } from "@/lib/accounts";
import { listUploads, receiveUpload } from "@/lib/homefiles";

/** Uploads into this home that wait for the rest of them. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, params }) =>
  Response.json({ uploads: await listUploads({ ctx, input: { attemptId: params.id } }) }),
);

/** Begins an upload, by the tus protocol. */
export const POST = apiRoute<{ id: string }>(async ({ ctx, request, params }) =>
  receiveUpload({ ctx, input: { attemptId: params.id }, request }),
);
