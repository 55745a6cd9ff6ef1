import { type ScriptedUser, startScriptedGuacd } from "@/e2e/guacd/scripted";
import { encode } from "@/lib/consoles/tunnel/instruction";

// A scripted guacd in a process of its own. What a user gets, its `port` says: a flood, 30 frames/s, or a still screen.
const frameOf = (bytes: number): Buffer => {
  const blobs = Math.ceil(bytes / 8_064);
  const blob = encode("blob", 1, "A".repeat(8_064));
  return Buffer.concat([
    encode("img", 1, 14, 0, "image/png", 0, 0),
    ...Array.from({ length: blobs }, () => blob),
    encode("end", 1),
  ]);
};
const frame = frameOf(50_000);
const sync = () => encode("sync", process.hrtime.bigint().toString());
const paced = new Set<ScriptedUser>();

setInterval(() => {
  // The same frame to all at the same moment: whoever comes through the tunnel is later by what it adds.
  const now = Buffer.concat([frame, sync()]);
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
      const piece = Buffer.concat([frame, sync()]);
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
