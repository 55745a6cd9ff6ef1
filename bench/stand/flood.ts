import { type ScriptedUser, startScriptedGuacd } from "@/e2e/guacd/scripted";
import { encode } from "@/lib/consoles/tunnel/instruction";

// A scripted guacd in a process of its own. What a user gets, its `port` says: a flood, 30 frames/s, or a still screen.
const frameOf = (...images: number[]): Buffer =>
  Buffer.concat(
    images.flatMap((bytes) => {
      const parts = [encode("img", 1, 14, 0, "image/png", 128, 512)];
      for (let at = 0; at < bytes; at += 8_064)
        parts.push(encode("blob", 1, "A".repeat(Math.min(8_064, bytes - at))));
      return [...parts, encode("end", 1)];
    }),
  );
// In the proportions that guacd 1.3 sends of a busy VNC desktop: 4 images a frame, 1.7 blobs of 4.2 KB each.
const usual = frameOf(300, 1_800, 7_400, 19_000);
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
    if (values.port === "2") {
      paced.add(user);
      socket.on("close", () => paced.delete(user));
    } else if (values.port === "1") {
      const piece = Buffer.concat([usual, sync()]);
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
