import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

// What both proxies stand before, in a process of its own: 2 KB answers, a long download, and an echo.
const small = Buffer.alloc(2_048, 97);
const piece = Buffer.alloc(64 * 1024, 97);

const server = createServer((req, res) => {
  const url = new URL(req.url ?? "/", "http://upstream");
  if (url.pathname !== "/big") {
    res.writeHead(200, { "Content-Type": "text/plain", "Content-Length": small.length });
    return res.end(small);
  }
  let left = Number(url.searchParams.get("bytes"));
  res.writeHead(200, { "Content-Length": left });
  const more = (): void => {
    while (left > 0) {
      const part = left < piece.length ? piece.subarray(0, left) : piece;
      left -= part.length;
      if (!res.write(part)) return void res.once("drain", more);
    }
    res.end();
  };
  more();
});
const echo = new WebSocketServer({ server, perMessageDeflate: false });
echo.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit(0));
