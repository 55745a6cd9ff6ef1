import { serve } from "inngest/next";
import { env } from "@/lib/platform/env";
import { inngest, usesServer } from "./client";
import { functions } from "./index";

/** Where the functions are called. Cloud mode: nothing is answered without a signature. */
export const handler = serve({
  client: inngest(),
  functions,
  servePath: "/api/inngest",
  // A real server calls us from outside; the embedded executor's calls are to loopback.
  serveOrigin: usesServer() ? new URL(env().PUBLIC_URL).origin : undefined,
  enableUnauthedSync: false,
});
