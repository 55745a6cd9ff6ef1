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
}

const mb = 1024 * 1024;
const blocks = 16;
const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && "statusCode" in error ? Number(error.statusCode) : undefined;

/**
 * Real machines: a container with xrdp on 3389 and an SSH server on 22 behind each instance, in a bridge of its own,
 * so that the service and guacd reach them at the address that DescribeInstances says.
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
    this.#network = `labyard-${options.deploy}-ecs`;
    // No `labyard.workspace`: what the platform compares with its rows is not this.
    this.#labels = { "labyard.deploy": options.deploy, "labyard.purpose": "ecs-instance" };
  }

  /** Makes the network, and takes away what an emulator before it left: its state died with it. */
  static async open(options: ContainerOptions): Promise<Containers> {
    const made = new Containers({ image: "labyard/ecs-linux", ...options });
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
    const container = await this.#container(machine);
    await container.start().catch((error: unknown) => {
      if (statusOf(error) !== 304) throw error;
    });
    // Comes from outside after power on, as cloud-init brings it.
    await this.#exec(
      container,
      'umask 077; mkdir -p /run/instance; printf %s "$PASSWORD" >/run/instance/given; mv /run/instance/given /run/instance/password',
      [`PASSWORD=${machine.password ?? ""}`],
    );
  }

  async halt(machine: Machine): Promise<void> {
    await this.#docker
      .getContainer(this.#name(machine))
      .stop({ t: 1 })
      .catch((error: unknown) => {
        if (statusOf(error) !== 304) throw error;
      });
  }

  /** Only the disk is new: the next start makes it. */
  renew(machine: Machine): Promise<void> {
    return this.remove(machine);
  }

  async remove(machine: Machine): Promise<void> {
    await this.#docker
      .getContainer(this.#name(machine))
      .remove({ force: true, v: true })
      .catch((error: unknown) => {
        if (statusOf(error) !== 404) throw error;
      });
  }

  async saveImage(machine: Machine, imageId: string): Promise<void> {
    await this.#docker.getContainer(this.#name(machine)).commit({ repo: this.#repository, tag: imageId });
  }

  async dropImage(imageId: string): Promise<void> {
    await this.#docker.getImage(`${this.#repository}:${imageId}`).remove({ force: true });
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
    return `labyard/ecs-${this.options.deploy}`;
  }

  #name({ id }: Machine): string {
    return `${this.#network}-${id}`;
  }

  async #container(machine: Machine): Promise<Docker.Container> {
    const there = this.#docker.getContainer(this.#name(machine));
    const isThere = await there.inspect().then(
      () => true,
      () => false,
    );
    if (isThere) return there;
    const own = `${this.#repository}:${machine.imageId}`;
    const isOwn = await this.#docker
      .getImage(own)
      .inspect()
      .then(
        () => true,
        () => false,
      );
    return this.#docker.createContainer({
      name: this.#name(machine),
      Image: isOwn ? own : this.options.image,
      Hostname: machine.id,
      Labels: { ...this.#labels, "labyard.ecs-instance": machine.id },
      HostConfig: {
        NetworkMode: this.#network,
        Memory: 1_536 * mb,
        PidsLimit: 1_024,
        ShmSize: 256 * mb,
        CapDrop: ["NET_RAW", "MKNOD"],
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
    const found = await this.#docker
      .getNetwork(this.#network)
      .inspect()
      .catch(() => undefined);
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
