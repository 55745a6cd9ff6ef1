import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { serveRoute } from "@/e2e/guacd/route";
import { answerTunnel, createFront } from "@/lib/consoles";
import type { DesktopSource } from "@/lib/consoles/tunnel/desktops";
import { env } from "@/lib/platform/env";

// The gateway alone, in a process of its own: the service's listener, and before it no pages. BENCH_TARGETS names for
// each workspace what is behind it.
type Behind = { guacd: { host: string; port: number }; host: string; port: number; password?: string };
const targets = JSON.parse(process.env.BENCH_TARGETS ?? "{}") as Record<string, Behind>;
const source: DesktopSource = {
  target: async (workspaceId) => {
    const behind = targets[workspaceId];
    if (!behind) throw new Error(`nothing is behind ${workspaceId}`);
    const { password = "", ...rest } = behind;
    return { protocol: "vnc", parameters: { password }, ...rest };
  },
  agent: () => Promise.reject(new Error("no agent")),
};
const onActivity = () => undefined;
const front = createFront({ desktops: source, onActivity });
front.open({ request: serveRoute((request) => answerTunnel(request, { source, onActivity })) });
const port = Number(env().LISTEN.split(":").at(-1));
front.server.listen(port, "127.0.0.1");
await once(front.server, "listening");

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
process.on("message", (asked) => {
  if (asked === "cpu") {
    process.send?.(process.cpuUsage().user + process.cpuUsage().system);
  } else if (asked === "memory") {
    globalThis.gc?.();
    process.send?.(process.memoryUsage().rss / 1024);
  } else if (asked === "buffers") {
    globalThis.gc?.();
    process.send?.(process.memoryUsage().arrayBuffers / 1024);
  } else {
    const p99 = delay.percentile(99) / 1e6;
    delay.reset();
    process.send?.(p99);
  }
});
process.on("disconnect", () => process.exit(0));
process.send?.(port);
