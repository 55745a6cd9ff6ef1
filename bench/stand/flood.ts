import { type ScriptedUser, startScriptedGuacd } from "@/e2e/guacd/scripted";
import { encode } from "@/lib/consoles/tunnel/instruction";

// A scripted guacd in a process of its own. What a user gets, its `port` says: a flood, 30 frames/s, or a still screen.
// ASCII only: of anything else guacamole-lite dies where a chunk cuts a character.
const frameOf = (...images: number[]): Buffer =>
  Buffer.concat(
    images.flatMap((bytes) => {
      const parts = [encode("img", 1, 14, 0, "image/png", 128, 512)];
      for (let at = 0; at < bytes; at += 8_064)
        parts.push(encode("blob", 1, "A".repeat(Math.min(8_064, bytes - at))));
      return [...parts, encode("end", 1)];
    }),
  );
/** As guacd 1.3 was recorded before the busy desktop beside: 9 images a frame, 11 blobs of 2.7 KB, half below 1.2 KB. */
const usual = frameOf(112, 236, 236, 400, 704, 1_140, 1_704, 3_976, 21_000);
/** Nothing but the longest blobs: what a peer that takes instructions apart likes best. */
const blobs = frameOf(6 * 8_064);
const floods: Record<string, Buffer> = { "1": usual, "4": blobs };
const large = frameOf(50_000);
const sync = () => encode("sync", process.hrtime.bigint().toString());
const paced = new Set<ScriptedUser>();

setInterval(() => {
  // The same frame to all at the same moment: whoever comes through the tunnel is later by what it adds.
  const now = Buffer.concat([large, sync()]);
  for (const { socket } of paced) if (!socket.destroyed) socket.write(now);
}, 1_000 / 30);

const guacd = await startScriptedGuacd({
  onUser: (user) => {
    const { socket, values } = user;
    socket.write(Buffer.concat([encode("size", 0, 1024, 768), sync()]));
    const flood = floods[values.port ?? ""];
    if (values.port === "2") {
      paced.add(user);
      socket.on("close", () => paced.delete(user));
    } else if (flood) {
      const piece = Buffer.concat([flood, sync()]);
      const more = () => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on("drain", more);
      more();
    } else {
      const still = setInterval(() => socket.write("3.nop;"), 5_000);
      socket.on("close", () => clearInterval(still));
    }
  },
});
process.send?.(guacd.port);
process.on("disconnect", () => process.exit(0));
