import { createServer, type Server, type Socket } from "node:net";
import type { Backing, Machine } from "./backing";

// TPKT around an X.224 connection confirm that chooses TLS.
const confirm = Buffer.from("030000130ed000001234000200080001000000", "hex");
const banner = "SSH-2.0-OpenSSH_10.0 labyard-emulator\r\n";

/** Emulators of one process each have a block of their own. */
let blocks = 0;

/**
 * Instances that only answer the door: each has a loopback address of its own, where RDP and SSH say their first
 * words, Windows only those of RDP. Sixty of them cost nothing.
 */
export class Listeners implements Backing {
  readonly #block = `127.${64 + (process.pid % 128)}.${(blocks++ % 250) + 1}`;
  readonly #taken = new Set<string>();
  readonly #open = new Map<string, { servers: Server[]; sockets: Set<Socket> }>();

  /** Ports below 1024 need root; tests may take others. */
  constructor(private readonly ports: { rdp: number; ssh: number } = { rdp: 3389, ssh: 22 }) {}

  takeAddress(): string {
    for (let number = 1; number < 255; number++) {
      const address = `${this.#block}.${number}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new Error("254 instances listen already");
  }

  giveAddress(address: string): void {
    this.#taken.delete(address);
  }

  async boot({ id, address, os }: Machine): Promise<void> {
    if (this.#open.has(id)) return;
    const sockets = new Set<Socket>();
    const serve = (port: number, greet: (socket: Socket) => void) =>
      new Promise<Server>((resolve, reject) => {
        const server = createServer((socket) => {
          sockets.add(socket);
          socket.once("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
          greet(socket);
        });
        server.once("error", reject).listen(port, address, () => resolve(server.unref()));
      });
    const servers = await Promise.all([
      serve(this.ports.rdp, (socket) => socket.once("data", () => socket.write(confirm))),
      ...(os === "windows" ? [] : [serve(this.ports.ssh, (socket) => socket.write(banner))]),
    ]);
    this.#open.set(id, { servers, sockets });
  }

  halt({ id }: Machine): Promise<void> {
    return this.#shut(id);
  }

  async #shut(id: string): Promise<void> {
    const open = this.#open.get(id);
    this.#open.delete(id);
    for (const socket of open?.sockets ?? []) socket.destroy();
    await Promise.all((open?.servers ?? []).map((one) => new Promise((resolve) => one.close(resolve))));
  }

  async renew(): Promise<void> {}

  remove(machine: Machine): Promise<void> {
    return this.halt(machine);
  }

  async saveDisk(): Promise<void> {}
  async copyDisk(): Promise<void> {}
  async dropDisk(): Promise<void> {}

  async run(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {
    for (const id of [...this.#open.keys()]) await this.#shut(id);
  }
}
