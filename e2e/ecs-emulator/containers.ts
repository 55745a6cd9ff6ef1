import { createHash } from "node:crypto";
import Docker from "dockerode";
import type { Backing, CommandResult, Machine } from "./backing";

export interface ContainerOptions {
  /** The engine, as in `DOCKER_HOST`. */
  engine: string;
  /** Whose containers these are: what `./labyard down` and the suites take away. */
  deploy: string;
  /** WORKSPACE_POOL. Its second quarter is free, and the firewall lets the desktop gateway in there. */
  pool: string;
  image?: string;
  /** Tells emulators of one deploy apart; letters and digits. */
  name?: string;
}

const mb = 1024 * 1024;
const blocks = 16;
const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && "statusCode" in error ? Number(error.statusCode) : undefined;

/** Undefined where the engine does not have it. */
async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/**
 * Real machines: a container with xrdp on 3389 and, but for Windows, an SSH server on 22 behind each instance, in a
 * bridge of its own, so that the service and guacd reach them at the address that DescribeInstances says.
 */
export class Containers implements Backing {
  readonly #docker: Docker;
  readonly #network: string;
  readonly #labels: Record<string, string>;
  readonly #taken = new Set<string>();
  #subnet = "";

  private constructor(private readonly options: Required<ContainerOptions>) {
    const url = new URL(options.engine);
    this.#docker = new Docker(
      url.protocol === "unix:"
        ? { socketPath: url.pathname }
        : { host: url.hostname, port: Number(url.port || 2375) },
    );
    this.#network = `labyard-${options.deploy}-${options.name}`;
    // No `labyard.workspace`: what the platform compares with its rows is not this.
    this.#labels = {
      "labyard.deploy": options.deploy,
      "labyard.purpose": "ecs-instance",
      "labyard.ecs-emulator": options.name,
    };
  }

  /** Makes the network, and takes away what an emulator before it left: its state died with it. */
  static async open(options: ContainerOptions): Promise<Containers> {
    const made = new Containers({ image: "labyard/ecs-linux", name: "ecs", ...options });
    await made.#sweep();
    await made.#makeNetwork();
    return made;
  }

  takeAddress(): string {
    // The bridge has the first one.
    for (let number = 2; number < 250; number++) {
      const address = this.#subnet.replace(/\.0$/, `.${number}`);
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new Error("no address is left");
  }

  giveAddress(address: string): void {
    this.#taken.delete(address);
  }

  async boot(machine: Machine): Promise<void> {
    const there = await orMissing(this.#docker.getContainer(this.#name(machine)).inspect());
    const container = there ? this.#docker.getContainer(there.Id) : await this.#create(machine);
    await container.start().catch((error: unknown) => {
      if (statusOf(error) !== 304) throw error;
    });
    // Comes from outside after power on, as cloud-init brings it.
    await this.#exec(
      container,
      'umask 077; mkdir -p /run/instance; printf %s "$PASSWORD" >/run/instance/given; mv /run/instance/given /run/instance/password',
      [`PASSWORD=${machine.password ?? ""}`],
    );
    if (!there && machine.userData.startsWith("#!")) {
      const script =
        'umask 077; printf %s "$DATA" >/root/user-data; chmod 700 /root/user-data; /root/user-data';
      await this.#exec(container, script, [`DATA=${machine.userData}`]);
    }
  }

  async halt(machine: Machine): Promise<void> {
    await this.#docker
      .getContainer(this.#name(machine))
      .stop({ t: 1 })
      .catch((error: unknown) => {
        if (statusOf(error) !== 304 && statusOf(error) !== 404) throw error;
      });
  }

  /** Only the disk is new: the next start makes it. */
  renew(machine: Machine): Promise<void> {
    return this.remove(machine);
  }

  async remove(machine: Machine): Promise<void> {
    await orMissing(this.#docker.getContainer(this.#name(machine)).remove({ force: true, v: true }));
  }

  async saveDisk(machine: Machine, id: string): Promise<void> {
    const container = this.#docker.getContainer(this.#name(machine));
    const saved = await orMissing(container.commit({ repo: this.#repository, tag: id }));
    // A disk that nothing booted from yet is still what it was made from.
    if (!saved) await this.copyDisk(machine.source, id);
  }

  async copyDisk(from: string, to: string): Promise<void> {
    await this.#docker.getImage(await this.#imageOf(from)).tag({ repo: this.#repository, tag: to });
  }

  /** What was never saved, as a data disk, is not there. */
  async dropDisk(id: string): Promise<void> {
    await orMissing(this.#docker.getImage(`${this.#repository}:${id}`).remove({ force: true }));
  }

  async run(machine: Machine, script: string): Promise<CommandResult | undefined> {
    return this.#exec(this.#docker.getContainer(this.#name(machine)), script, []);
  }

  async close(): Promise<void> {
    await this.#sweep();
    await this.#docker
      .getNetwork(this.#network)
      .remove()
      .catch(() => undefined);
  }

  get #repository(): string {
    return `labyard/${this.options.name}-${this.options.deploy}`;
  }

  #name({ id }: Machine): string {
    return `${this.#network}-${id}`;
  }

  /** The one that was saved under this id; public images are all the same one. */
  async #imageOf(source: string): Promise<string> {
    const own = `${this.#repository}:${source}`;
    return (await orMissing(this.#docker.getImage(own).inspect())) ? own : this.options.image;
  }

  async #create(machine: Machine): Promise<Docker.Container> {
    return this.#docker.createContainer({
      name: this.#name(machine),
      Image: await this.#imageOf(machine.source),
      Hostname: machine.id,
      Env: [`INSTANCE_OS=${machine.os}`],
      Labels: { ...this.#labels, "labyard.ecs-instance": machine.id },
      HostConfig: {
        NetworkMode: this.#network,
        Memory: 1_536 * mb,
        PidsLimit: 1_024,
        ShmSize: 256 * mb,
        CapDrop: ["NET_RAW", "MKNOD"],
        // A machine may mount; here it mounts the drive that comes over RDP.
        CapAdd: ["SYS_ADMIN"],
        SecurityOpt: ["apparmor=unconfined"],
        Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" }],
        // Gone at power off, as what it held.
        Tmpfs: {
          "/tmp": "rw,exec,nosuid,nodev,mode=1777,size=256m",
          "/run": "rw,nosuid,nodev,mode=0755,size=16m",
        },
        LogConfig: { Type: "json-file", Config: { "max-size": "2m", "max-file": "1" } },
      },
      NetworkingConfig: {
        EndpointsConfig: { [this.#network]: { IPAMConfig: { IPv4Address: machine.address } } },
      },
    });
  }

  async #exec(container: Docker.Container, script: string, environment: string[]): Promise<CommandResult> {
    const exec = await container.exec({
      Cmd: ["/bin/sh", "-c", script],
      Env: environment,
      User: "0:0",
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({});
    const parts: Buffer[] = [];
    const sink = { write: (part: Buffer) => parts.push(part) } as unknown as NodeJS.WritableStream;
    container.modem.demuxStream(stream, sink, sink);
    await new Promise((resolve, reject) => stream.once("end", resolve).once("error", reject));
    const { ExitCode } = await exec.inspect();
    return { exitCode: ExitCode ?? -1, output: Buffer.concat(parts) };
  }

  async #sweep(): Promise<void> {
    const label = Object.entries(this.#labels).map(([name, value]) => `${name}=${value}`);
    for (const { Id } of await this.#docker.listContainers({ all: true, filters: { label } })) {
      await this.#docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch(() => undefined);
    }
    const images = await this.#docker.listImages({ filters: { reference: [`${this.#repository}:*`] } });
    for (const { Id } of images) {
      await this.#docker
        .getImage(Id)
        .remove({ force: true })
        .catch(() => undefined);
    }
  }

  async #makeNetwork(): Promise<void> {
    const found = await orMissing(this.#docker.getNetwork(this.#network).inspect());
    if (found) {
      this.#subnet = String(found.IPAM?.Config?.[0]?.Subnet ?? "").split("/")[0] ?? "";
      return;
    }
    const [, head] = /^(\d+\.\d+)\.0\.0\/16$/.exec(this.options.pool) ?? [];
    if (!head) throw new Error(`WORKSPACE_POOL ${this.options.pool}`);
    const first = createHash("sha256").update(this.options.deploy).digest().readUInt8(0) % blocks;
    for (let step = 0; step < blocks; step++) {
      const subnet = `${head}.${64 + ((first + step) % blocks) * 4}.0`;
      try {
        await this.#docker.createNetwork({
          Name: this.#network,
          Driver: "bridge",
          Internal: false,
          EnableIPv6: false,
          IPAM: { Driver: "default", Config: [{ Subnet: `${subnet}/24` }] },
          Labels: { ...this.#labels, "labyard.purpose": "network" },
          Options: {
            "com.docker.network.bridge.enable_icc": "false",
            "com.docker.network.bridge.enable_ip_masquerade": "false",
          },
        });
        this.#subnet = subnet;
        return;
      } catch (error) {
        if (!/overlap|in use by|conflicts with network/i.test(String(error))) throw error;
      }
    }
    throw new Error(`no free subnet in ${this.options.pool}`);
  }
}
