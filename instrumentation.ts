import type { Instrumentation } from "next";

/**
 * What a page or action of Next failed with, in the log: with the request's id (log-context.ts), and with the
 * digest that people see as the number of the error.
 */
export const onRequestError: Instrumentation.onRequestError = async (error, request, context) => {
  const { log } = await import("@/lib/platform/log");
  const digest = error instanceof Error && "digest" in error ? String(error.digest) : undefined;
  log().error(
    {
      err: error,
      digest,
      method: request.method,
      path: request.path.split("?", 1)[0],
      route: context.routePath,
    },
    "a page could not be drawn",
  );
};
