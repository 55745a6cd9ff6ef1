import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Gate } from "./gate";

export type Control = (request: IncomingMessage, body: Buffer, url: URL) => Promise<unknown>;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** HTTP in front of the gate, and of the control interface below `/_emulator/`. */
export class EmulatorServer {
  readonly #http: Server;

  constructor(
    private readonly gate: Gate,
    private readonly control: Control,
    private readonly failed: (what: string, error: unknown) => void,
    private readonly after: () => void,
  ) {
    // The whole call is in its first line: a script or user data take tens of kilobytes there.
    this.#http = createServer({ maxHeaderSize: 256 * 1024 }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.failed(request.headers["x-acs-action"]?.toString() ?? request.url ?? "", error);
        send(response, 500, { Code: "EmulatorIsWrong", Message: String(error), RequestId: "", HostId: "" });
      });
    });
    // Nobody but tests talks to it: connections that idle must not keep a process.
    this.#http.keepAliveTimeout = 30_000;
  }

  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", reject).listen(port, host, () => resolve());
    });
    return (this.#http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? "/", "http://emulator");
    if (url.pathname.startsWith("/_emulator/")) {
      const answer = await this.control(request, body, url);
      this.after();
      if (answer instanceof Response) return send(response, answer.status, await answer.json());
      return send(response, 200, answer);
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(",") : value,
      ]),
    );
    const reply = this.gate.handle({
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers,
      body,
    });
    this.after();
    if (reply.kind === "drop") {
      request.socket.destroy();
    } else if (reply.kind === "answer") {
      send(response, 200, { ...reply.answer, RequestId: reply.requestId });
    } else {
      const { status, code, message } = reply.refusal;
      send(response, status, {
        RequestId: reply.requestId,
        HostId: headers.host ?? "",
        Code: code,
        Message: message,
        Recommend: "https://api.aliyun.com/troubleshoot",
      });
    }
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body ?? null);
  response.writeHead(status, { "content-type": "application/json;charset=utf-8" }).end(text);
}
