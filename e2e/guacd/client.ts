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
  return { got, uuid: () => uuid, send, leave: () => ws.terminate(), closed };
}
