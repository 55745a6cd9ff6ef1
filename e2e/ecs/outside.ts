// What the property test has in memory in place of disks and SSH: homes on a Docker host, and files on the system disks
// of the emulator's instances. It stands behind the functions that move bytes (deliver.ts, fetch.ts, ssh.ts, probe.ts and
// the Docker driver); everything that decides is the real code.
import type { Emulator } from "@/e2e/ecs-emulator";
import { unavailable } from "@/lib/platform/errors";
import type { HomeRef, HostFacts } from "@/lib/workspaces/drivers";

type Files = Map<string, string>;
type Home = { fence: number; files: Files; known: Set<string> | null; atRest: boolean };
type Line = { address: string };

export class Outside {
  readonly homes = new Map<string, Home>();
  /** By the disk's id; a disk that is gone is kept here, for what was copied from it. */
  readonly disks = new Map<string, Files>();
  /** How many of the next connections break. */
  broken = 0;

  constructor(readonly emulator: Emulator) {}

  home(id: string): Home {
    const home = this.homes.get(id) ?? { fence: 0, files: new Map(), known: null, atRest: false };
    this.homes.set(id, home);
    return home;
  }

  /** The instance that answers there now. */
  at(address: string) {
    this.emulator.cloud.clock.settle();
    const all = this.emulator.cloud.instances.all();
    return all.find((one) => one.address === address && one.status === "Running" && !one.isGoing) ?? null;
  }

  diskOf(instanceId: string): { id: string; files: Files } {
    const { id } = this.emulator.cloud.disks.systemDiskOf(instanceId);
    const files = this.disks.get(id) ?? new Map<string, string>();
    this.disks.set(id, files);
    return { id, files };
  }

  reach({ address }: Line): Files {
    const there = this.at(address);
    if (!there || this.broken-- > 0) throw unavailable("hostUnreachable");
    return this.diskOf(there.id).files;
  }
}

let world: Outside | null = null;
export const standOutside = (outside: Outside): void => {
  world = outside;
};
const now = (): Outside => {
  if (!world) throw new Error("no outside");
  return world;
};

export const line = async ({ host }: { host: string }): Promise<Line> => {
  now().reach({ address: host });
  return { address: host };
};

export const answers = async (address: string): Promise<boolean> =>
  now().at(address.split(":")[0] ?? "") !== null && now().broken-- <= 0;

export const hasSettled = async (): Promise<boolean> => now().broken-- <= 0;

export async function deliver(link: Line, { id }: HomeRef): Promise<void> {
  const files = now().reach(link);
  const home = now().home(id);
  for (const [path, content] of home.files) files.set(path, content);
  home.known = new Set(files.keys());
  home.atRest = false;
}

export async function fetch(link: Line, { id }: HomeRef, atRest = false) {
  const files = now().reach(link);
  const home = now().home(id);
  for (const path of home.known ?? []) if (!files.has(path)) home.files.delete(path);
  for (const [path, content] of files) home.files.set(path, content);
  home.known = new Set(files.keys());
  home.atRest = atRest;
  return { files: files.size, removed: 0, leftOut: [] };
}

export const isAtRest = async ({ id }: HomeRef): Promise<boolean> => now().home(id).atRest;

const facts: HostFacts = {
  engine: "memory",
  cpus: 64,
  memoryMb: 1_000_000,
  diskMb: 1_000_000,
  memoryFreeMb: 1_000_000,
  diskFreeMb: 1_000_000,
  load: 0,
};

/** Of the Docker driver so much as homes for instances need. */
export const homesDriver = {
  kind: "docker",
  prepareHost: async () => facts,
  checkImage: async (_host: unknown, image: string) => image,
  mountHome: async ({ id }: HomeRef) => void now().home(id),
  unmountHome: async () => undefined,
  renewHome: async ({ id, fence }: HomeRef) => {
    const home = now().home(id);
    if (home.fence >= fence) return;
    Object.assign(home, { fence, files: new Map(), known: null, atRest: false });
  },
  removeHome: async ({ id }: HomeRef) => void now().homes.delete(id),
  list: async () => [],
  mounts: async () => [],
  logs: async () => "",
};
