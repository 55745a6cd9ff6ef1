import { connect } from "node:net";

/** A short exchange of bytes with a service that is just being probed. */
export type Exchange = {
  /** The next so many bytes. */
  read(bytes: number): Promise<Buffer>;
  write(data: Uint8Array): void;
};

const patienceMs = 4_000;

/** Connects, talks, and hangs up; false for whatever goes wrong, and for what does not come in 4 s. */
export async function converse(
  address: string,
  talk: (exchange: Exchange) => Promise<boolean>,
): Promise<boolean> {
  const [host, port] = address.split(":");
  const socket = connect({ host, port: Number(port) });
  const signal = AbortSignal.timeout(patienceMs);
  signal.addEventListener("abort", () => socket.destroy());
  let have: Buffer = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  let over = false;
  socket.on("data", (part) => {
    have = Buffer.concat([have, part]);
    wake();
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    over = true;
    wake();
  });
  try {
    return await talk({
      read: async (bytes) => {
        while (have.length < bytes) {
          if (over) throw new Error("hung up");
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const taken = have.subarray(0, bytes);
        have = have.subarray(bytes);
        return taken;
      },
      write: (data) => void socket.write(data),
    });
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
