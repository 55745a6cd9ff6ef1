import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";

// guacamole-lite as its manual starts it, without its log.
const require = createRequire(import.meta.url);
const Lite = require("guacamole-lite");
console.log = () => undefined;
const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
new Lite(
  { server },
  { host: "127.0.0.1", port: Number(process.env.BENCH_GUACD) },
  { log: { level: 0 }, crypt: { cypher: "AES-256-CBC", key: process.env.BENCH_KEY } },
);
process.send?.((server.address() as AddressInfo).port);
process.on("message", () => process.send?.(process.cpuUsage().user + process.cpuUsage().system));
process.on("disconnect", () => process.exit(0));
