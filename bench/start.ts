import "./stand/aborted";
import { openLab } from "./stand/lab";
import { rawStart } from "./stand/raw";
import { median, quantile, report, say } from "./stand/results";
import { warmUp } from "./stand/warm";

/**
 * From the POST of Start to the first 200 of `/api` through the proxy, beside the engine alone (create, start, first
 * 200) with the same image, limits and security options, in turn; and the same for claims of warm workspaces.
 */
const rounds = 7;
const claims = 40;
const batch = 20;

const lab = await openLab({ students: claims, memoryMb: 1024 * batch });
const cold: number[] = [];
const raw: number[] = [];
const warm: number[] = [];
try {
  for (let round = 0; round <= rounds; round++) {
    const took = { ours: 0, peer: 0 };
    for (const side of round % 2 ? (["ours", "peer"] as const) : (["peer", "ours"] as const)) {
      if (side === "ours") {
        took.ours = (await lab.person(round).start()).ms;
        await lab.empty();
      } else {
        const peer = await rawStart();
        took.peer = peer.ms;
        await peer.remove();
      }
    }
    // The first round warms both up.
    if (round === 0) continue;
    cold.push(took.ours);
    raw.push(took.peer);
    say(`round ${round}: ours ${took.ours.toFixed(0)} ms, raw ${took.peer.toFixed(0)} ms`);
  }
  for (let done = 0; done < claims; done += batch) {
    const over = await warmUp(lab, batch);
    for (let i = 0; i < batch; i++) {
      const { ms, claimed } = await lab.person(done + i).start();
      if (!claimed) throw new Error("a start found no warm workspace");
      warm.push(ms);
    }
    say(
      `${done + batch} claims: median ${median(warm).toFixed(0)} ms, p95 ${quantile(warm, 0.95).toFixed(0)} ms`,
    );
    await lab.empty();
    await over();
  }
  const loop = await lab.monitor.loopDelayP99();
  report([
    { bench: "start cold", unit: "ms", ours: median(cold), peer: median(raw), goal: "<=1.10" },
    { bench: "start warm", unit: "ms", ours: quantile(warm, 0.95), peer: median(raw), goal: "<=0.12" },
    { bench: "start event loop p99", unit: "ms", ours: loop, goal: "<50" },
  ]);
} finally {
  await lab.close();
}
process.exit(0);
