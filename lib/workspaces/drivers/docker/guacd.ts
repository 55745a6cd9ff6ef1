import { connect } from "node:net";
import type Docker from "dockerode";
import type { ContainerCreateOptions } from "dockerode";
import { env } from "@/lib/platform/env";
import { unavailable } from "@/lib/platform/errors";
import type { Guacd, HostFacts, HostRef } from "../driver";
import { orMissing, statusOf, withEngine } from "./connection";
import { guacdBody } from "./container";
import { imageFacts } from "./images";
import { guacdImage, guacdName, label, layoutVersion, networkName } from "./names";
import { ensureNetwork } from "./networks";
import { prepareHost } from "./prepare";

export const guacdPort = 4822;
/** It answers in a millisecond or two; a busy machine is given time. */
const silenceMs = 4_000;
const startMs = 10_000;

/** Whether a guacd answers there: it lists what it wants to know of a VNC server, and nothing is opened. */
export function guacdAnswers({ host, port }: Guacd, silence = silenceMs): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let said = "";
    const end = (answers: boolean) => {
      clearTimeout(timer);
      // guacd has forked for it, and waits 15 s for who just leaves; what it cannot read ends that at once.
      if (answers) socket.end("x");
      else socket.destroy();
      resolve(answers);
    };
    const timer = setTimeout(() => end(false), silence);
    socket.on("connect", () => socket.write("6.select,3.vnc;"));
    socket.on("data", (part) => {
      said += part.toString("latin1");
      if (said.length >= 7) end(said.startsWith("4.args,"));
    });
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
  });
}

// Sixty tunnels at once ask for it sixty times, and so does whoever watches over it.
const shared = globalThis as typeof globalThis & { labyardGuacds?: Map<string, Promise<Guacd>> };

/** A gateway that is to be there: what it is called, what it is for, and how it is made. */
export type Gateway = {
  name: string;
  purpose: "guacd" | "drive";
  network: "guacd" | "drives";
  body(docker: Docker, image: string, facts: HostFacts): Promise<ContainerCreateOptions>;
};

/** The one that everybody's desktops share, at an address that stays. */
const common = (): Gateway => ({
  name: guacdName(),
  purpose: "guacd",
  network: "guacd",
  body: async (docker, image, facts) => guacdBody(image, await fixedAddress(docker), facts),
});

/** One that answers, in at most a few milliseconds as a rule; otherwise it is made, or made anew. */
export const ensureGuacd = (host: HostRef): Promise<Guacd> => ensureGateway(host, common());

/** The same for any gateway. */
export function ensureGateway({ id, endpoint }: HostRef, gateway: Gateway): Promise<Guacd> {
  shared.labyardGuacds ??= new Map();
  const asked = shared.labyardGuacds;
  const key = `${endpoint} ${gateway.name}`;
  const known = asked.get(key);
  if (known) return known;
  const one = settle({ id, endpoint }, gateway).finally(() => asked.delete(key));
  asked.set(key, one);
  return one;
}

async function settle(host: HostRef, gateway: Gateway): Promise<Guacd> {
  const { endpoint } = host;
  const image = await imageFacts(endpoint, guacdImage);
  const found = await withEngine(endpoint, (docker) => look(docker, gateway));
  if (found?.isOurs && found.image === image.id && found.address) {
    const at = { host: found.address, port: guacdPort };
    if (await guacdAnswers(at)) return at;
  }
  const facts = await prepareHost(host);
  return withEngine(endpoint, async (docker) => {
    if (found && !found.isOurs) throw unavailable("hostError", new Error(`${gateway.name} is not ours`));
    if (found) await orMissing(docker.getContainer(found.id).remove({ force: true, v: true }));
    await ensureNetwork(docker, gateway.network);
    try {
      await docker.createContainer(await gateway.body(docker, image.id, facts));
    } catch (error) {
      // Another copy of the service makes it too.
      if (statusOf(error) !== 409) throw error;
    }
    await docker
      .getContainer(gateway.name)
      .start()
      .catch((error: unknown) => {
        if (statusOf(error) !== 304) throw error;
      });
    const until = performance.now() + startMs;
    for (;;) {
      const address = (await look(docker, gateway))?.address;
      const at = { host: address ?? "", port: guacdPort };
      if (address && (await guacdAnswers(at, 1_000))) return at;
      if (performance.now() > until) throw unavailable("hostError", new Error("guacd does not answer"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
}

/** What of it is there; one that does not run has no address. */
async function look(docker: Docker, { name, purpose, network }: Gateway) {
  const found = await orMissing(docker.getContainer(name).inspect());
  if (!found) return undefined;
  const { Labels } = found.Config;
  const isOurs = Labels[label.deploy] === env().DEPLOY_ID && Labels[label.purpose] === purpose;
  const isCurrent = Labels[label.version] === layoutVersion && found.State.Running && !found.State.Paused;
  const address = found.NetworkSettings.Networks[networkName(network)]?.IPAddress;
  return { id: found.Id, isOurs, image: found.Image, address: isCurrent ? address : undefined };
}

/** The second address of its network, after the bridge's own. */
async function fixedAddress(docker: Docker): Promise<string> {
  const { IPAM } = (await docker.getNetwork(networkName("guacd")).inspect()) as Docker.NetworkInspectInfo;
  const subnet = IPAM?.Config?.[0]?.Subnet ?? "";
  const [, head, last] = /^(\d+\.\d+\.\d+)\.(\d+)\/\d+$/.exec(subnet) ?? [];
  if (!head) throw unavailable("hostError", new Error(`network of guacd: ${subnet}`));
  return `${head}.${Number(last) + 2}`;
}
