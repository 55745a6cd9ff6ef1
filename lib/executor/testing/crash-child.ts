import pino from "pino";
import { database } from "@/db/client";
import { createExecutor } from "../executor";
import { crashFunctions } from "./crash-functions";
import { random } from "./graph";
import { endpoint, serveHere, testClient } from "./harness";

// A process with an executor that is killed from outside, or kills itself around a call.
const [owner = "", file = "", seed = "0", chance = "0"] = process.argv.slice(2);
const client = testClient();
const serve = serveHere(client, crashFunctions(client, file));
const next = random(Number(seed));
const perhapsDie = () => {
  if (next() < Number(chance)) process.kill(process.pid, "SIGKILL");
};

const executor = createExecutor({
  db: database(),
  owner,
  endpoint,
  call: async (request) => {
    if (request.method === "POST") perhapsDie(); // after the claim, or after the commit before this call
    const response = await serve(request);
    if (request.method === "POST") perhapsDie(); // the answer is there, but not recorded
    return response;
  },
  backoff: () => 100,
  leaseMs: 4_000,
  renewMs: 1_000,
  log: pino({ level: "silent" }),
});
await executor.start();
process.send?.("works");
process.on("disconnect", () => process.exit());
