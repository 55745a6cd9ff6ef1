import { retryAfter, toActionError } from "@/lib/platform/action";
import { type Ctx, createCtx, nobody } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { httpStatus } from "@/lib/platform/errors";
import { requireOwnOrigin } from "@/lib/platform/own-origin";
import { errorTranslator } from "./error-translator";
import { strictRequestCtx } from "./request";

type Params = Record<string, string | string[] | undefined>;
type Handler<P> = (args: { ctx: Ctx; request: Request; params: P }) => Promise<Response>;

/**
 * A route handler: refuses other origins, finds the person, and maps errors to
 * `{ error: { code, key, message, requestId } }` with its status. The verb decides who may.
 * `ctxOf` is for the few routes that nobody calls.
 */
export function apiRoute<P extends Params = Params>(
  handler: Handler<P>,
  ctxOf: (request: Request) => Promise<Ctx> = strictRequestCtx,
) {
  return async (request: Request, segment: { params: Promise<P> }): Promise<Response> => {
    let ctx: Ctx | undefined;
    try {
      requireOwnOrigin(request.method, request.headers, env().PUBLIC_URL);
      ctx = await ctxOf(request);
      return withHeaders(await handler({ ctx, request, params: await segment.params }), ctx.requestId);
    } catch (error) {
      const { unstable_rethrow } = await import("next/navigation");
      unstable_rethrow(error);
      return errorResponse(error, ctx ?? createCtx(nobody));
    }
  };
}

async function errorResponse(thrown: unknown, ctx: Ctx): Promise<Response> {
  const error = toActionError(thrown, ctx, await errorTranslator());
  const seconds = retryAfter(error);
  const response = Response.json(
    { error },
    {
      status: httpStatus(error),
      headers: seconds === undefined ? {} : { "retry-after": String(seconds) },
    },
  );
  return withHeaders(response, ctx.requestId);
}

const defaults: Record<string, string> = {
  "cache-control": "private, no-store",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

function withHeaders(response: Response, requestId: string): Response {
  // The answer of fetch() and Response.redirect() has headers that cannot be changed.
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(defaults)) if (!headers.has(name)) headers.set(name, value);
  headers.set("x-request-id", requestId);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
