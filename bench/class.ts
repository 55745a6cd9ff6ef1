import "./stand/aborted";
import { openHub } from "./stand/jupyterhub";
import { openLab } from "./stand/lab";
import { rawStart } from "./stand/raw";
import { mean, median, report, say } from "./stand/results";
import { warmUp } from "./stand/warm";

/**
 * A class of twenty presses Start within a second, beside twenty raw starts at once, in turn. `last`: from the first
 * press until everybody works; `mean`: how long one of them waits. With `--with-jupyterhub` also through JupyterHub.
 */
const rounds = 5;
const students = 20;
const pressWithinMs = 1_000;

type Round = { last: number; mean: number };

const lab = await openLab({ students, memoryMb: 600 * students });
const ours: Round[] = [];
const peer: Round[] = [];
const warm: Round[] = [];
const hubs: (Round & { ready: number })[] = [];
let worstLoop = 0;
const hub = process.argv.includes("--with-jupyterhub") ? await openHub() : null;
try {
  for (let round = 1; round <= rounds; round++) {
    for (const side of round % 2 ? (["ours", "peer"] as const) : (["peer", "ours"] as const)) {
      if (side === "ours") ours.push(await theClass(false));
      else peer.push(await rawClass());
    }
    if (hub) hubs.push(await hubClass(hub));
    const done = await warmUp(lab, students);
    warm.push(await theClass(true));
    await done();
    say(`round ${round}: ours ${words(ours)}; raw ${words(peer)}; warm ${words(warm)}`);
  }
  const of = (what: keyof Round, list: Round[]) => median(list.map((one) => one[what]));
  report([
    { bench: "class cold last", unit: "ms", ours: of("last", ours), peer: of("last", peer), goal: "<=1.10" },
    { bench: "class cold mean", unit: "ms", ours: of("mean", ours), peer: of("mean", peer), goal: "<=0.65" },
    { bench: "class warm last", unit: "ms", ours: of("last", warm), peer: of("last", peer), goal: "<=0.12" },
    { bench: "class event loop p99", unit: "ms", ours: worstLoop, goal: "<100" },
    ...(hub ? besideHub() : []),
  ]);
} finally {
  await hub?.close();
  await lab.close();
}
process.exit(0);

/** Nobody may be refused or lost: one who is fails the bench. */
async function theClass(claimed: boolean): Promise<Round> {
  const began = performance.now();
  const done = await Promise.all(
    lab.people.map(async (person, i) => {
      await new Promise((resolve) => setTimeout(resolve, (i * pressWithinMs) / students));
      const start = await person.start();
      if (claimed && !start.claimed) throw new Error("a start found no warm workspace");
      return { ms: start.ms, at: performance.now() };
    }),
  );
  worstLoop = Math.max(worstLoop, await lab.monitor.loopDelayP99());
  await lab.empty();
  return { last: Math.max(...done.map(({ at }) => at)) - began, mean: mean(done.map(({ ms }) => ms)) };
}

async function rawClass(): Promise<Round> {
  const started = await Promise.allSettled(Array.from({ length: students }, rawStart));
  const all = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  await Promise.all(all.map(({ remove }) => remove()));
  if (all.length < students) throw new Error(`${students - all.length} raw starts did not become ready`);
  const times = all.map(({ ms }) => ms);
  return { last: Math.max(...times), mean: mean(times) };
}

/** Who does not become ready counts in `ready` alone. */
async function hubClass(beside: Awaited<ReturnType<typeof openHub>>) {
  const began = performance.now();
  const started = await Promise.all(
    Array.from({ length: students }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, (i * pressWithinMs) / students));
      const { name, ms } = await beside.start();
      return { name, ms, at: performance.now() };
    }),
  );
  for (const { name } of started) await beside.remove(name);
  const ready = started.flatMap(({ ms, at }) => (ms === null ? [] : [{ ms, at }]));
  say(`JupyterHub: ${ready.length} of ${students} ready`);
  return {
    ready: ready.length,
    last: Math.max(...ready.map(({ at }) => at)) - began,
    mean: mean(ready.map(({ ms }) => ms)),
  };
}

/** Times of those who became ready; compared only when all did. */
function besideHub() {
  const ready = median(hubs.map((one) => one.ready));
  const of = (what: keyof Round) => ({
    ours: median(ours.map((one) => one[what])),
    ...(ready === students ? { peer: median(hubs.map((one) => one[what])) } : {}),
  });
  return [
    { bench: "class ready beside JupyterHub", unit: "students", ours: students, peer: ready },
    { bench: "class last beside JupyterHub", unit: "ms", ...of("last") },
    { bench: "class mean beside JupyterHub", unit: "ms", ...of("mean") },
  ];
}

function words(list: Round[]): string {
  const { last, mean: average } = list.at(-1) ?? { last: 0, mean: 0 };
  return `last ${(last / 1000).toFixed(1)} s, mean ${(average / 1000).toFixed(1)} s`;
}
