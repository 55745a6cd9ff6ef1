import { connect } from "node:net";
import type Docker from "dockerode";
import { env } from "@/lib/platform/env";
import { unavailable } from "@/lib/platform/errors";
import type { Guacd, HostRef } from "../driver";
import { orMissing, statusOf, withEngine } from "./connection";
import { guacdBody } from "./container";
import { imageFacts } from "./images";
import { guacdImage, guacdName, label, layoutVersion, networkName } from "./names";
import { ensureNetwork } from "./networks";
import { prepareHost } from "./prepare";

const port = 4822;
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
      socket.destroy();
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

/** One that answers, in at most a few milliseconds as a rule; otherwise it is made, or made anew. */
export function ensureGuacd({ id, endpoint }: HostRef): Promise<Guacd> {
  shared.labyardGuacds ??= new Map();
  const asked = shared.labyardGuacds;
  const known = asked.get(endpoint);
  if (known) return known;
  const one = settle({ id, endpoint }).finally(() => asked.delete(endpoint));
  asked.set(endpoint, one);
  return one;
}

async function settle(host: HostRef): Promise<Guacd> {
  const { endpoint } = host;
  const image = await imageFacts(endpoint, guacdImage);
  const found = await withEngine(endpoint, (docker) => look(docker));
  if (found?.isOurs && found.image === image.id && found.address) {
    const at = { host: found.address, port };
    if (await guacdAnswers(at)) return at;
  }
  const facts = await prepareHost(host);
  return withEngine(endpoint, async (docker) => {
    if (found && !found.isOurs) throw unavailable("hostError", new Error(`${guacdName()} is not ours`));
    if (found) await orMissing(docker.getContainer(found.id).remove({ force: true, v: true }));
    await ensureNetwork(docker, "guacd");
    const at = { host: await fixedAddress(docker), port };
    try {
      await docker.createContainer(guacdBody(image.id, at.host, facts));
    } catch (error) {
      // Another copy of the service makes it too.
      if (statusOf(error) !== 409) throw error;
    }
    await docker
      .getContainer(guacdName())
      .start()
      .catch((error: unknown) => {
        if (statusOf(error) !== 304) throw error;
      });
    const until = performance.now() + startMs;
    while (!(await guacdAnswers(at, 1_000))) {
      if (performance.now() > until) throw unavailable("hostError", new Error("guacd does not answer"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return at;
  });
}

/** What of it is there; one that does not run has no address. */
async function look(docker: Docker) {
  const found = await orMissing(docker.getContainer(guacdName()).inspect());
  if (!found) return undefined;
  const { Labels } = found.Config;
  const isOurs = Labels[label.deploy] === env().DEPLOY_ID && Labels[label.purpose] === "guacd";
  const isCurrent = Labels[label.version] === layoutVersion && found.State.Running && !found.State.Paused;
  const address = found.NetworkSettings.Networks[networkName("guacd")]?.IPAddress;
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
