import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Service } from "../service";
import { processesNaming, run, tryRun } from "./daemon";
import { OwnDatabase } from "./own-database";
import { OwnEngine } from "./own-engine";

const port = Number(process.env.E2E_MATRIX_PORT ?? 3240);
const pool = "10.88";
const bridges = new RegExp(String.raw`^\d+: (br-\w+)\s+inet ${pool.replace(".", "\\.")}\.`, "gm");

/** What is asked for here has nothing to do with the machine's own services: all of it may be killed. */
export class Lab {
  readonly root: string;
  readonly sockets = `/run/labyard-faults-${port}`;
  readonly database: OwnDatabase;
  readonly engine: OwnEngine;
  readonly service: Service;
  /** A second copy of the service, on the same database. */
  readonly copy: Service;
  private readonly fault: string;

  constructor() {
    const home = process.env.LABYARD_HOME ?? "";
    if (!/\/test\/faults$/.test(home)) throw new Error(`LABYARD_HOME must end in /test/faults, not ${home}`);
    this.root = home;
    this.fault = `${home}/fault`;
    this.database = new OwnDatabase({ root: home, sockets: this.sockets, port: port + 2 });
    this.engine = new OwnEngine({
      root: home,
      sockets: this.sockets,
      port: port + 3,
      from: sharedDataRoot(),
    });
    process.env.DATABASE_URL = this.database.url;
    const env = {
      NODE_ENV: "test",
      DOCKER_HOST: this.engine.endpoint,
      WORKSPACE_POOL: `${pool}.0.0/16`,
      FAULT: this.fault,
      HOST_MEMORY_MB: "4096",
    };
    this.service = new Service({ name: "faults_matrix", port, env });
    this.copy = new Service({
      name: "faults_matrix",
      port: port + 1,
      env: { ...env, PUBLIC_URL: this.service.url },
    });
  }

  async open(): Promise<void> {
    await this.clear();
    mkdirSync(this.sockets, { recursive: true });
    run("chmod", "755", this.root);
    run("chown", "mysql", this.sockets);
    const store = `${this.root}/store`;
    for (const path of [store, `${store}/homes`, `${store}/slots`])
      mkdirSync(path, { recursive: true, mode: 0o711 });
    run("mount", "--bind", store, store);
    run("mount", "--make-rshared", store);
    this.engine.borrowImages();
    this.database.install();
    await Promise.all([this.engine.start(), this.database.start()]);
    this.database.grant();
    await this.service.freshDatabase();
    Object.assign(process.env, this.service.environment());
    await this.service.start();
  }

  async close(): Promise<void> {
    await this.copy.stop();
    await this.service.stop();
    await this.engine.end();
    await this.database.signal("SIGTERM");
    await this.clear();
  }

  /** Of this run, and of one that was aborted. */
  private async clear(): Promise<void> {
    for (const text of [`${this.sockets}/`, `--datadir=${this.root}/`]) {
      for (const pid of processesNaming(text)) tryRun("kill", "-9", String(pid));
    }
    // A bridge that an engine left when it was killed has the addresses of the next one's.
    for (const [, name = ""] of (tryRun("ip", "-o", "-4", "addr", "show") ?? "").matchAll(bridges))
      tryRun("ip", "link", "delete", name);
    this.unmountHomes();
    for (const at of mountsBelow(this.root).concat(mountsBelow(this.sockets))) tryRun("umount", "-l", at);
    rmSync(this.sockets, { recursive: true, force: true });
    run("rm", "-rf", "--one-file-system", this.root);
    mkdirSync(this.root, { recursive: true });
  }

  /** As after a power cut: no mount of a home is left, and no loop device. */
  unmountHomes(): void {
    for (const at of mountsBelow(`${this.root}/store/`)) tryRun("umount", "-l", at);
    for (const line of (tryRun("losetup", "-a") ?? "").split("\n")) {
      if (line.includes(`${this.root}/store/`)) tryRun("losetup", "-d", line.split(":", 1)[0] ?? "");
    }
  }

  /** The process that next comes to this point dies there, or is frozen. */
  arm(point: string, signal: "SIGKILL" | "SIGSTOP" = "SIGKILL"): void {
    writeFileSync(this.fault, `${point} ${signal}`);
  }

  get armed(): boolean {
    return existsSync(this.fault);
  }

  disarm(): void {
    rmSync(this.fault, { force: true });
  }
}

/** Innermost first. */
function mountsBelow(path: string): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((at) => at.startsWith(path))
    .reverse();
}

function sharedDataRoot(): string {
  const root = tryRun("docker", "info", "--format", "{{.DockerRootDir}} {{.Driver}}")?.trim().split(" ");
  if (root?.[1] !== "overlay2" || !root[0])
    throw new Error("the machine's engine must be local, with overlay2");
  return root[0];
}
