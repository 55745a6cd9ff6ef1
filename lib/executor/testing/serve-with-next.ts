import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Inngest, InngestFunction } from "inngest";
import { serve } from "inngest/next";
import next from "next";
import { loopbackCall } from "../loopback";
import { endpoint } from "./harness";

type Handler = ReturnType<typeof serve>;
const shared = globalThis as typeof globalThis & { labyardConformance?: Handler };

/** A Next app whose one route serves whatever functions it is given, called over loopback as in the service. */
export async function serveWithNext() {
  const app = next({
    dev: true,
    dir: join(process.cwd(), "e2e/conformance"),
  });
  await app.prepare();
  const handle = app.getRequestHandler();
  const server = createServer((req, res) => void handle(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`;
  return {
    reach: { call: loopbackCall({ host: "lab.test" }), endpoint: { ...endpoint, url } },
    put: (client: Inngest, functions: InngestFunction.Any[]) => {
      shared.labyardConformance = serve({ client, functions, enableUnauthedSync: false });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await app.close();
    },
  };
}
