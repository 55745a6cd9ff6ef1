import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import Docker from "dockerode";
import { Daemon, processesNaming, run, tryRun } from "./daemon";

const diskMb = 1_024;

/**
 * A Docker Engine of the suite's own, which it may kill. It borrows the image layers of the machine's engine
 * (bind mounts, read-only), writes no firewall rule, and has its networks in a pool of its own.
 */
export class OwnEngine extends Daemon {
  readonly docker: Docker;
  /** Whether containers live on while the daemon is away. */
  liveRestore = true;

  constructor(private readonly at: { root: string; sockets: string; port: number; from: string }) {
    super(
      `${at.root}/docker.log`,
      () => [
        "dockerd",
        ...["--data-root", `${at.root}/docker`],
        ...["--exec-root", `${at.sockets}/docker`],
        ...["--pidfile", `${at.sockets}/docker.pid`],
        ...["-H", `unix://${at.sockets}/docker.sock`, "-H", `tcp://127.0.0.1:${at.port}`],
        ...["--bridge", "none", "--iptables=false", "--ip-forward=false", "--userland-proxy=false"],
        ...["--log-driver", "json-file", "--log-opt", "max-size=1m"],
        ...(this.liveRestore ? ["--live-restore"] : []),
      ],
      async () => String(await this.docker.ping()) === "OK",
    );
    this.docker = new Docker({ socketPath: `${at.sockets}/docker.sock`, timeout: 5_000 });
  }

  /** How the service reaches it: by TCP, as a remote host is reached. */
  get endpoint(): string {
    return `tcp://127.0.0.1:${this.at.port}`;
  }

  override launch(): void {
    // One that was killed left its mark, and the next would think that it still runs.
    rmSync(`${this.at.sockets}/docker.pid`, { force: true });
    this.mountLayers();
    super.launch();
  }

  /** Images as the machine's engine has them. Data root and overlay2 must be mounts already, or dockerd hides what is below. */
  borrowImages(): void {
    const [own, from] = [`${this.at.root}/docker`, this.at.from];
    // A disk of its own, so that it can be filled.
    mkdirSync(own, { recursive: true });
    run("truncate", "-s", `${diskMb}M`, `${own}.img`);
    run("mkfs.ext4", "-q", "-F", "-m", "0", `${own}.img`);
    run("mount", "-o", "loop", `${own}.img`, own);
    run("mount", "--make-shared", own);
    mkdirSync(`${own}/overlay2/l`, { recursive: true });
    mkdirSync(`${own}/image`, { recursive: true });
    run("cp", "-a", `${from}/image/overlay2`, `${own}/image/`);
    for (const place of ["mounts", "tmp"]) {
      rmSync(`${own}/image/overlay2/layerdb/${place}`, { recursive: true, force: true });
      mkdirSync(`${own}/image/overlay2/layerdb/${place}`);
    }
    this.mountLayers();
  }

  /** An engine that ends in order takes the mount of its layers away, and with it what is below. */
  private mountLayers(): void {
    const [own, from] = [`${this.at.root}/docker`, this.at.from];
    if (readFileSync("/proc/self/mounts", "utf8").includes(` ${own}/overlay2 `)) return;
    run("mount", "--bind", `${own}/overlay2`, `${own}/overlay2`);
    run("mount", "--make-private", `${own}/overlay2`);
    const chains = `${own}/image/overlay2/layerdb/sha256`;
    for (const chain of readdirSync(chains)) {
      const id = readFileSync(`${chains}/${chain}/cache-id`, "utf8").trim();
      const [layer, mine] = [`${from}/overlay2/${id}`, `${own}/overlay2/${id}`];
      if (!existsSync(layer)) continue;
      mkdirSync(`${mine}/diff`, { recursive: true });
      for (const file of ["link", "lower", "committed"]) tryRun("cp", `${layer}/${file}`, mine);
      run("ln", "-sfn", `../${id}/diff`, `${own}/overlay2/l/${readFileSync(`${layer}/link`, "utf8").trim()}`);
      run("mount", "--bind", "-o", "ro", `${layer}/diff`, `${mine}/diff`);
    }
  }

  /** Everything that the engine keeps running, and not the engine: containerd, and a shim each container. */
  helpers(): number[] {
    return processesNaming(`${this.at.sockets}/docker/containerd`);
  }

  /** What runs inside the containers, as the machine sees it. */
  async inside(): Promise<number[]> {
    const found: number[] = [];
    for (const { Id } of await this.docker.listContainers()) {
      const top = await this.docker
        .getContainer(Id)
        .top()
        .catch(() => null);
      for (const row of (top?.Processes ?? []) as string[][]) found.push(Number(row[1]));
    }
    return found.filter((pid) => pid > 1);
  }

  /** Removes every container and network, then ends, with everything that it started. */
  async end(): Promise<void> {
    for (const { Id } of await this.docker.listContainers({ all: true }).catch(() => [])) {
      await this.docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch(() => undefined);
    }
    for (const { Id, Name } of await this.docker.listNetworks().catch(() => [])) {
      if (Name.startsWith("labyard-"))
        await this.docker
          .getNetwork(Id)
          .remove()
          .catch(() => undefined);
    }
    await this.signal("SIGTERM");
    for (const pid of this.helpers()) tryRun("kill", "-9", String(pid));
  }
}
