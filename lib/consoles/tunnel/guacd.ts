import type { Socket } from "node:net";
import type { Guacd } from "@/lib/workspaces/drivers";
import { decode, encode } from "./instruction";
import { Intake } from "./intake";
import { patience } from "./patience";
import { InstructionScanner } from "./scanner";
import { status, TunnelError } from "./status";

/** What a browser can show and play; it chooses nothing else. */
export type Screen = {
  width: number;
  height: number;
  dpi: number;
  audio: readonly string[];
  image: readonly string[];
  /** IANA name, for the clock of a Windows desktop. */
  timezone: string;
};

export type Asked = {
  guacd: Guacd;
  /** A protocol, or the id of a connection to join. */
  select: string;
  parameters: Record<string, string>;
  readOnly: boolean;
  screen: Screen;
  name: string;
};

/** A user of a guacd connection: from `ready` on, bytes of the picture. Its socket is paused. */
export type GuacdUser = {
  intake: Intake;
  socket: Socket;
  connectionId: string;
  version: string;
  early: Buffer;
};

/** The connection to join is over. */
export class GoneError extends TunnelError {}

const mostBytes = 64 * 1024;

/** Versions in the order they came in; of a newer guacd we speak the last that is known here. */
const versions = ["VERSION_1_0_0", "VERSION_1_1_0", "VERSION_1_3_0", "VERSION_1_5_0"];

/** Shakes hands with guacd (1.0 to 1.6). Throws TunnelError with the status that says what is wrong. */
export async function enterGuacd(asked: Asked): Promise<GuacdUser> {
  const intake = new Intake(asked.guacd);
  const { socket } = intake;
  const late = setTimeout(
    () => socket.destroy(new TunnelError(status.upstreamTimeout, "guacd does not answer")),
    patience.handshake,
  );
  try {
    await connected(socket);
    const lines = new HandshakeReader(intake);
    socket.write(encode("select", asked.select));
    const args = await lines.next("args", asked.select.startsWith("$"));
    const version = agree(args[1]);
    const names = args.slice(version ? 2 : 1);
    if (asked.readOnly && !names.includes("read-only"))
      throw new TunnelError(status.serverError, "this guacd cannot show without control");
    const { screen } = asked;
    const values = names.map((name) =>
      name === "read-only" ? String(asked.readOnly) : (asked.parameters[name] ?? ""),
    );
    const said = [
      encode("size", screen.width, screen.height, screen.dpi),
      encode("audio", ...screen.audio),
      encode("video"),
      encode("image", ...screen.image),
    ];
    const known = version ? versions.indexOf(version) : -1;
    if (known >= 1) said.push(encode("timezone", screen.timezone));
    if (known >= 3) said.push(encode("name", asked.name));
    said.push(encode("connect", ...(version ? [version] : []), ...values));
    socket.write(Buffer.concat(said));
    const [, connectionId = ""] = await lines.next("ready", false);
    return { intake, socket, connectionId, version: version ?? "", early: lines.over() };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

/** The newest version that both know; null for a guacd from before versions. */
function agree(said: string | undefined): string | null {
  const found = /^VERSION_(\d+)_(\d+)_(\d+)$/.exec(said ?? "");
  if (!found) return null;
  const rank = (version: string) =>
    version
      .split("_")
      .slice(1)
      .reduce((sum, part) => sum * 1000 + Number(part), 0);
  return versions.findLast((version) => rank(version) <= rank(found[0])) ?? null;
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause?: unknown) =>
      reject(new TunnelError(status.upstreamUnavailable, "there is no guacd", { cause }));
    const late = setTimeout(() => socket.destroy(new Error("guacd does not answer")), patience.connect);
    socket.once("connect", () => {
      clearTimeout(late);
      socket.off("error", refuse);
      resolve();
    });
    socket.once("error", refuse);
    socket.once("close", () => {
      clearTimeout(late);
      refuse();
    });
  });
}

/** Reads instruction by instruction, and gives back what came after the last one. */
class HandshakeReader {
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  #failed: Error | null = null;

  constructor(private readonly intake: Intake) {
    const { socket } = intake;
    intake.listener = this.#data;
    socket.on("error", this.#error);
    socket.on("close", this.#close);
  }

  #data = (chunk: Buffer, done: () => void) => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    done();
    if (this.#bytes.length > mostBytes) this.intake.socket.pause();
    this.#wake();
  };
  #error = (error: Error) => {
    this.#failed ??= error;
    this.#wake();
  };
  #close = () => this.#error(new Error("guacd closed the connection"));

  async next(wanted: "args" | "ready", joining: boolean): Promise<string[]> {
    for (;;) {
      const instruction = this.#take();
      if (!instruction) {
        if (this.#failed) throw ended(this.#failed, joining);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const [opcode, message = "", code = ""] = instruction;
      if (opcode === wanted) return instruction;
      if (opcode === "error" && joining) throw new GoneError(status.notFound, message);
      if (opcode === "error") throw new TunnelError(Number(code) || status.upstreamError, message);
      if (opcode === "required")
        throw new TunnelError(status.unauthorized, `the desktop asks for ${instruction.slice(1).join(", ")}`);
      if (opcode !== "nop")
        throw new TunnelError(status.upstreamError, `guacd said ${opcode} in the handshake`);
    }
  }

  #take(): string[] | null {
    let end = -1;
    let found: string[] | null = null;
    // From the start each time: a handshake is short, and what follows it must not be touched.
    const scanner = new InstructionScanner(mostBytes, (data, from, to) => {
      if (end >= 0) return;
      end = to;
      found = decode(data, from, to);
    });
    scanner.scan(this.#bytes);
    if (end > 0) this.#bytes = this.#bytes.subarray(end);
    return found;
  }

  /** What has come since; the socket is the caller's from here, paused. */
  over(): Buffer {
    const { socket } = this.intake;
    socket.pause();
    socket.off("close", this.#close);
    // The listener for errors stays: a late one must not end the process.
    if (this.#failed) throw ended(this.#failed, false);
    return this.#bytes;
  }
}

function ended(error: Error, joining: boolean): TunnelError {
  if (error instanceof TunnelError) return error;
  return joining
    ? new GoneError(status.notFound, "there is no such connection", { cause: error })
    : new TunnelError(status.upstreamError, "guacd broke off", { cause: error });
}
