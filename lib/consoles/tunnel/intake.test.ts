import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { seeded } from "@/e2e/chance";
import { sha256 } from "@/lib/platform/crypto";
import { Intake } from "./intake";

const seed = Number(process.env.SEED ?? Date.now()) % 1_000_000;
const chance = seeded(seed);
const below = (n: number) => Math.floor(chance.between(0, n));

/** A server that says these bytes to everybody who comes, in pieces of any size. */
async function speaker(said: Buffer) {
  const server = createServer({ noDelay: true }, async (socket: Socket) => {
    socket.on("error", () => undefined);
    for (let at = 0; at < said.length; ) {
      const next = at + 1 + below(below(2) ? 200_000 : 3_000);
      if (!socket.write(said.subarray(at, next))) await once(socket, "drain");
      at = next;
    }
    socket.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port, server };
}

test(`what is lent stays as it was until it is given back, of several at once (SEED=${seed})`, async () => {
  const said = Buffer.alloc(8_000_000);
  for (let at = 0; at < said.length; at += 4) said.writeInt32LE(at, at);
  const { server, ...at } = await speaker(said);
  const hear = async () => {
    const intake = new Intake(at);
    const heard: Buffer[] = [];
    const held: (() => void)[] = [];
    intake.listener = (bytes, done, room) => {
      // Whoever may write before it does.
      Buffer.from(bytes.buffer, bytes.byteOffset - room, room).fill(0xee);
      held.push(() => {
        heard.push(Buffer.from(bytes));
        done();
      });
      // Some are given back at once, others much later.
      while (held.length > below(12)) held.shift()?.();
      if (below(10) > 0) return;
      intake.socket.pause();
      setImmediate(() => intake.socket.resume());
    };
    await once(intake.socket, "close");
    for (const last of held) last();
    return sha256(Buffer.concat(heard));
  };
  const all = await Promise.all([hear(), hear(), hear(), hear()]);
  expect(new Set(all)).toEqual(new Set([sha256(said)]));
  server.close();
});
