import { apiRoute } from "@/lib/accounts";
import { receiveUpload } from "@/lib/homefiles";

const tus = apiRoute<{ id: string }>(async ({ ctx, request, params }) =>
  receiveUpload({ ctx, input: { attemptId: params.id }, request }),
);

/** One upload, by the tus protocol: how far it is, its next bytes, giving it up. */
export const HEAD = tus;
export const PATCH = tus;
export const DELETE = tus;
