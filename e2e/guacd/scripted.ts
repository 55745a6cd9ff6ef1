import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { decode, encode } from "@/lib/consoles/tunnel/instruction";
import { InstructionScanner } from "@/lib/consoles/tunnel/scanner";

/** What the handshake of one guacd version looks like from outside. */
export type Dialect = { version: string | null; args: readonly string[] };

const vncArgs = ["hostname", "port", "read-only", "password", "disable-copy", "disable-paste"];

/** As the releases speak; 1.6 says 1.5's version. */
export const dialects = {
  "0.9": { version: null, args: vncArgs },
  "1.3": { version: "VERSION_1_3_0", args: vncArgs },
  "1.4": { version: "VERSION_1_3_0", args: [...vncArgs, "force-lossless"] },
  "1.5": { version: "VERSION_1_5_0", args: [...vncArgs, "force-lossless"] },
  "1.6": { version: "VERSION_1_5_0", args: [...vncArgs, "force-lossless", "disable-server-input"] },
  later: { version: "VERSION_2_0_0", args: vncArgs },
} satisfies Record<string, Dialect>;

/** One user of the scripted guacd: what it was told, and a way to speak to it. */
export type ScriptedUser = {
  select: string;
  handshake: Map<string, string[]>;
  said: string[][];
  socket: Socket;
  /** The values of `connect` by their names. */
  values: Record<string, string>;
};

export type ScriptedGuacd = {
  port: number;
  users: ScriptedUser[];
  /** Connections that may be joined. */
  live: Set<string>;
  close(): Promise<void>;
};

export type Script = {
  dialect?: Dialect;
  /** Says nothing from the first byte on. */
  deaf?: boolean;
  /** In place of `ready`. */
  instead?: string[];
  /** What a user sees first; left out: a size, a picture and a sync. */
  onUser?: (user: ScriptedUser) => void;
  /** How an unknown id is refused: 1.3 just closes, 1.4 says so. */
  refusesUnknown?: "close" | "error";
};

const picture = Buffer.concat([
  encode("size", 0, 1024, 768),
  encode("img", 1, 15, 0, "image/png", 0, 0),
  encode("blob", 1, "iVBORw0KGgo="),
  encode("end", 1),
  encode("sync", 1000),
]);

/** A guacd that speaks from a script, for what a real one cannot be made to do and for versions that are not here. */
export async function startScriptedGuacd(script: Script = {}): Promise<ScriptedGuacd> {
  const { version, args } = script.dialect ?? dialects["1.3"];
  const users: ScriptedUser[] = [];
  const live = new Set<string>();
  const sockets = new Set<Socket>();
  let count = 0;
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    if (script.deaf) return;
    const user: ScriptedUser = { select: "", handshake: new Map(), said: [], socket, values: {} };
    const answer = (instruction: string[]) => {
      const [opcode = "", first = ""] = instruction;
      if (user.handshake.has("connect")) {
        user.said.push(instruction);
        if (opcode === "disconnect") socket.end();
        return;
      }
      user.handshake.set(opcode, instruction.slice(1));
      if (opcode === "select") {
        user.select = first;
        if (first.startsWith("$") && !live.has(first)) {
          if (script.refusesUnknown === "error") socket.write(encode("error", "No such connection.", 516));
          return void socket.end();
        }
        socket.write(encode("args", ...(version ? [version] : []), ...args));
      } else if (opcode === "connect") {
        const values = instruction.slice(version ? 2 : 1);
        args.forEach((name, index) => {
          user.values[name] = values[index] ?? "";
        });
        const id = user.select.startsWith("$") ? user.select : `$scripted-${++count}`;
        users.push(user);
        if (script.instead) return void socket.write(encode(...script.instead));
        live.add(id);
        socket.write(encode("ready", id));
        if (script.onUser) script.onUser(user);
        else socket.write(picture);
      }
    };
    const scanner = new InstructionScanner(64 * 1024, (data, start, end) => answer(decode(data, start, end)));
    socket.on("data", (chunk: Buffer) => scanner.scan(chunk));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    users,
    live,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
