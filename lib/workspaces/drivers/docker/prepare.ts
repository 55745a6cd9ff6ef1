import { z } from "zod";
import { env } from "@/lib/platform/env";
import { unavailable } from "@/lib/platform/errors";
import type { HostFacts, HostRef } from "../driver";
import { orMissing, withEngine } from "./connection";
import { askMounter, ensureMounter } from "./mounter";
import { checkedId, label, networkName } from "./names";
import { ensureNetwork } from "./networks";

const measured = z.object({
  diskMb: z.number(),
  diskFreeMb: z.number(),
  memoryFreeMb: z.number(),
  load: z.number(),
});

/** A reader never lives longer: homefiles.py ends itself before. */
const oldestReader = 45 * 60;

type Prepared = { at: number; facts: Promise<HostFacts> };

// Sixty starts at once ask for it sixty times; once in a few seconds is enough.
const shared = globalThis as typeof globalThis & { labyardPrepared?: Map<string, Prepared> };
const freshMs = 5_000;

/** Networks, helper and store, made where they are missing; then what the host has, at most `maxAgeMs` ago. */
export function prepareHost(host: HostRef, maxAgeMs = freshMs): Promise<HostFacts> {
  shared.labyardPrepared ??= new Map();
  const hosts = shared.labyardPrepared;
  const known = hosts.get(host.endpoint);
  if (known && performance.now() - known.at < maxAgeMs) return known.facts;
  const facts = prepare(host.endpoint);
  hosts.set(host.endpoint, { at: performance.now(), facts });
  // A failure is told to those who waited for it, and tried again by the next.
  facts.catch(() => hosts.delete(host.endpoint));
  return facts;
}

async function prepare(endpoint: string): Promise<HostFacts> {
  await ensureMounter(endpoint);
  const { NCPU, MemTotal, network } = await withEngine(endpoint, async (docker) => {
    await ensureNetwork(docker, "none");
    await ensureNetwork(docker, "internet");
    const info = (await docker.info()) as { NCPU: number; MemTotal: number; SecurityOptions?: string[] };
    // docs/adr/0002: homes belong to uid 1000 of the host itself.
    if (info.SecurityOptions?.some((option) => option.includes("userns"))) {
      throw unavailable("hostError", new Error("the engine runs with userns-remap"));
    }
    // An engine's own id survives the loss of everything it had; that of a network we made does not.
    const { Id } = (await docker.getNetwork(networkName("none")).inspect()) as { Id: string };
    return { ...info, network: Id };
  });
  const facts = await askMounter(endpoint, ["prepare"], measured);
  await sweepReaders(endpoint);
  return { engine: network, cpus: NCPU, memoryMb: Math.floor(MemTotal / 1024 / 1024), ...facts };
}

/** Who reads slowly may still be at the last bytes of a reader that has ended. */
const lingerSeconds = 10;
/** A reader is started at once after it is created. */
const startSeconds = 60;

/** Takes away readers that a killed service left, and the sights of homes that nobody uses. */
async function sweepReaders(endpoint: string): Promise<void> {
  const [living, dead] = await withEngine(endpoint, async (docker) => {
    const filters = { label: [`${label.deploy}=${env().DEPLOY_ID}`, label.reader] };
    const nonces: string[] = [];
    const over: { home: string; nonce: string }[] = [];
    for (const { Id, Labels, Created, State, Mounts } of await docker.listContainers({
      all: true,
      filters,
    })) {
      const nonce = Labels[label.reader] ?? "";
      const container = docker.getContainer(Id);
      const seconds = Date.now() / 1_000;
      const isOld = seconds - Created > (State === "created" ? startSeconds : oldestReader);
      const seen = State === "exited" ? await orMissing(container.inspect()) : undefined;
      const ended = seen ? Date.parse(seen.State.FinishedAt) / 1_000 : seconds;
      if (!isOld && seconds - ended < lingerSeconds) {
        nonces.push(nonce);
        continue;
      }
      await container.remove({ force: true }).catch(() => undefined);
      const view = Mounts.map(({ Source }) => Source.split("/").at(-1) ?? "").find((name) =>
        name.endsWith(`-${nonce}`),
      );
      if (view) over.push({ home: view.slice(0, -nonce.length - 1), nonce });
    }
    return [nonces.filter(Boolean), over] as const;
  });
  for (const { home, nonce } of dead)
    await askMounter(endpoint, ["unview", checkedId(home), nonce], z.object({}));
  await askMounter(endpoint, ["sweep", ...living], z.object({}));
}
