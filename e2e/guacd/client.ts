import { once } from "node:events";
import WebSocket from "ws";
import { decode, encode } from "@/lib/consoles/tunnel/instruction";
import { InstructionScanner } from "@/lib/consoles/tunnel/scanner";

/** A browser at the tunnel, by one transport or the other. */
export type Client = {
  /** Instructions of guacd that arrived. */
  got: string[][];
  uuid: () => string;
  send(...elements: (string | number)[]): Promise<void> | void;
  /** Takes nothing more of what comes. */
  stall(): void;
  leave(): void;
  /** The status that it was closed with. */
  closed: Promise<number>;
};

type Opening = {
  port: number;
  workspaceId: string;
  origin: string;
  cookie: string;
  query: URLSearchParams;
  /** Tells guacd that each frame was drawn, as a real client does; without it guacd sends ever less. */
  answers?: boolean;
};

/** Rejects with `refused <HTTP status>` where the upgrade is. */
export async function openDesktop({
  port,
  workspaceId,
  origin,
  cookie,
  query,
  answers,
}: Opening): Promise<Client> {
  const ws = new WebSocket(
    `ws://127.0.0.1:${port}/api/consoles/tunnel/${workspaceId}?${query}`,
    "guacamole",
    {
      headers: { host: `localhost:${port}`, origin, cookie },
    },
  );
  const got: string[][] = [];
  let uuid = "";
  const send = (...elements: (string | number)[]) => ws.send(encode(...elements).toString());
  const scanner = new InstructionScanner(1 << 20, (data, start, end) => {
    const instruction = decode(data, start, end);
    const [opcode, stamp = ""] = instruction;
    if (opcode === "" && instruction.length === 2) uuid = stamp;
    else got.push(instruction);
    if (answers && opcode === "sync") send("sync", stamp);
  });
  ws.on("message", (data: Buffer) => scanner.scan(data));
  const closed = new Promise<number>((resolve) =>
    ws.on("close", (_code, reason) => resolve(reason.length > 0 ? Number(reason.toString()) : -1)),
  );
  const refused = new Promise<never>((_, reject) => {
    ws.on("unexpected-response", (_req, res) => reject(new Error(`refused ${res.statusCode}`)));
    ws.on("error", reject);
  });
  refused.catch(() => undefined);
  await Promise.race([once(ws, "open"), refused]);
  return { got, uuid: () => uuid, send, stall: () => ws.pause(), leave: () => ws.terminate(), closed };
}

/** The same over HTTP. Rejects with `refused <HTTP status> <Guacamole status>`. */
export async function openByHttp({
  port,
  workspaceId,
  origin,
  cookie,
  query,
  answers,
}: Opening): Promise<Client> {
  const url = `http://localhost:${port}/api/consoles/tunnel/${workspaceId}`;
  const base = { cookie, origin };
  const opened = await fetch(`${url}?connect`, { method: "POST", headers: base, body: query.toString() });
  if (!opened.ok) throw new Error(`refused ${opened.status} ${opened.headers.get("guacamole-status-code")}`);
  const uuid = await opened.text();
  const headers = { ...base, "Guacamole-Tunnel-Token": opened.headers.get("guacamole-tunnel-token") ?? "" };
  const got: string[][] = [];
  const gone = new AbortController();
  const { signal } = gone;
  let stalls = false;
  let tell: (status: number) => void = () => undefined;
  const closed = new Promise<number>((resolve) => {
    tell = resolve;
  });
  const send = async (...elements: (string | number)[]) => {
    const body = encode(...elements).toString();
    const answer = await fetch(`${url}?write:${uuid}`, { method: "POST", headers, body, signal });
    await answer.arrayBuffer();
  };
  const ask = (n: number) => fetch(`${url}?read:${uuid}:${n}`, { headers, signal });
  const read = async (asked: Promise<Response>, n: number): Promise<void> => {
    const answer = await asked;
    if (!answer.ok) return tell(Number(answer.headers.get("guacamole-status-code")));
    // As the client does: the next one is asked for as soon as this one begins to answer, and read after it.
    const next = ask(n + 1);
    next.catch(() => undefined);
    const scanner = new InstructionScanner(1 << 20, (data, start, end) => {
      const instruction = decode(data, start, end);
      const [opcode, stamp = "", status] = instruction;
      if (opcode === "error") tell(Number(status));
      else if (opcode !== "") got.push(instruction);
      if (answers && opcode === "sync") send("sync", stamp).catch(() => undefined);
    });
    for await (const chunk of answer.body ?? []) {
      if (stalls) await new Promise(() => undefined);
      scanner.scan(Buffer.from(chunk));
    }
    await read(next, n + 1);
  };
  read(ask(0), 0).catch(() => undefined);
  const stall = () => {
    stalls = true;
  };
  return { got, uuid: () => uuid, send, stall, leave: () => gone.abort(), closed };
}
