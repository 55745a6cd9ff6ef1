import type { NextRequest } from "next/server";

export const dynamic = "force-dynamic";

/**
 * Where the durable functions are called. Loaded on the first signed call: functions need settings, which
 * `next build` does not have, and who signs nothing costs nothing and fills no log.
 */
const answer = (method: "GET" | "POST" | "PUT") => async (request: NextRequest) => {
  if (!request.headers.get("x-inngest-signature")) {
    return Response.json({ message: "Unauthorized" }, { status: 401 });
  }
  const { handler } = await import("@/inngest/serve");
  return handler[method](request, undefined);
};

export const GET = answer("GET");
export const POST = answer("POST");
export const PUT = answer("PUT");

const notAllowed = () => new Response(null, { status: 405, headers: { allow: "GET, POST, PUT" } });

export { notAllowed as DELETE, notAllowed as OPTIONS, notAllowed as PATCH };
