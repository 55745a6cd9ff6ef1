import { rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";

type Address = { host: string; port: number } | { path: string };

/** A TCP or unix relay that a test can cut: what stands behind it is then dead for whoever dials through. */
export class FaultProxy {
  private server: Server | null = null;
  private silent = false;
  private frozen = false;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly listen: Address,
    private readonly target: Address,
  ) {}

  /** Lets everything through. What came while it hung is lost, so connections of that time are reset. */
  async open(): Promise<void> {
    if (this.silent) await this.cut();
    if (this.server) return;
    this.silent = false;
    if ("path" in this.listen) rmSync(this.listen.path, { force: true });
    // Half open: the Docker API ends one direction of a stream and still reads the other.
    const server = createServer({ allowHalfOpen: true }, (near) => {
      if (this.frozen) {
        this.sockets.add(near.pause());
        near.on("error", () => near.destroy());
        return void near.on("close", () => this.sockets.delete(near));
      }
      const far = connect({ ...this.target, allowHalfOpen: true });
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => this.sockets.delete(socket));
      }
      near.on("close", () => far.destroy());
      far.on("close", () => near.end());
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on("data", (bytes) => {
          if (this.silent || to.write(bytes)) return;
          from.pause();
          to.once("drain", () => this.frozen || from.resume());
        });
        from.on("end", () => to.end());
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.listen, resolve);
    });
    this.server = server;
  }

  /** From now on it takes connections and bytes, and answers nothing: what hangs rather than being gone. */
  hang(): void {
    this.silent = true;
  }

  /** Nobody takes, says or ends anything any more, until it is cut: a cable that was pulled. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** From now on: connection refused, and every connection that there was is reset. */
  async cut(): Promise<void> {
    const { server } = this;
    this.server = null;
    this.frozen = false;
    // Only TCP knows a reset.
    for (const socket of this.sockets) {
      if ("path" in this.target) socket.destroy();
      else socket.resetAndDestroy();
    }
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
    if ("path" in this.listen) rmSync(this.listen.path, { force: true });
  }
}
