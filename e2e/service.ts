import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { createConnection } from "mysql2/promise";

export type ServiceOptions = {
  /** Also the name of its database (`labyard_test_<name>`) and of its deploy label. */
  name: string;
  port: number;
  env?: Record<string, string>;
};

/** One running copy of the product as `npm start` runs it, on a database of its own, for a story to use or kill. */
export class Service {
  readonly url: string;
  readonly deploy: string;
  readonly databaseUrl: string;
  private process: ChildProcess | null = null;

  constructor(readonly options: ServiceOptions) {
    this.url = `http://localhost:${options.port}`;
    this.deploy = `test-${options.name.replaceAll("_", "-")}`;
    const url = new URL(process.env.DATABASE_URL ?? "mysql://labyard@127.0.0.1:33306/labyard");
    url.pathname = `/labyard_test_${options.name}`;
    this.databaseUrl = url.href;
  }

  /** Drops and creates the database; the service migrates it when it starts. */
  async freshDatabase(): Promise<void> {
    const name = `labyard_test_${this.options.name}`;
    const url = new URL(this.databaseUrl);
    url.pathname = "/";
    const connection = await createConnection({ uri: url.href, multipleStatements: true });
    await connection.query(
      `DROP DATABASE IF EXISTS \`${name}\`; CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    );
    await connection.end();
  }

  /** Starts it and waits until it says that it is ready, for up to a minute. */
  async start(): Promise<void> {
    await this.launch();
    await this.untilReady(60_000);
  }

  /** Starts it, whether or not what it needs is there. */
  async launch(): Promise<void> {
    mkdirSync("test-results", { recursive: true });
    const log = createWriteStream(`test-results/service-${this.options.name}.log`, { flags: "a" });
    // Another service on the port would say that it is ready, and the stories would run against its database.
    const other = await fetch(`${this.url}/api/health`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => null,
    );
    if (other) throw new Error(`${this.url} answers already; set E2E_PORT`);
    this.process = spawn(process.execPath, ["--enable-source-maps", "dist/server.mjs"], {
      env: { ...process.env, ...this.environment() },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const child = this.process;
    // Nobody else knows of it: it must not outlive who started it.
    const orphan = () => child.kill("SIGKILL");
    process.once("exit", orphan);
    child.once("exit", () => process.off("exit", orphan));
    this.process.stdout?.pipe(log);
    this.process.stderr?.pipe(log);
  }

  /** Its settings, for a test that wants to act in its name. */
  environment(): Record<string, string> {
    return {
      NODE_ENV: "production",
      DATABASE_URL: this.databaseUrl,
      DEPLOY_ID: this.deploy,
      PUBLIC_URL: this.url,
      LISTEN: `127.0.0.1:${this.options.port}`,
      WORKSPACE_DOMAIN: "localhost",
      LABYARD_SECRET: process.env.LABYARD_SECRET ?? "a-secret-of-the-tests-0123456789",
      ...this.options.env,
    };
  }

  async untilReady(timeoutMs: number): Promise<void> {
    const until = Date.now() + timeoutMs;
    let last = "";
    while (Date.now() < until) {
      if (this.process?.exitCode !== null && this.process?.exitCode !== undefined) {
        throw new Error(`the service ended with ${this.process.exitCode}; see test-results`);
      }
      try {
        const answer = await fetch(`${this.url}/api/ready`, { signal: AbortSignal.timeout(2_000) });
        if (answer.ok) return;
        last = (await answer.text()).slice(0, 500);
      } catch (error) {
        last = String(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the service is not ready after ${timeoutMs} ms: ${last}`);
  }

  /** Of the process that runs now: the same one later has not been restarted. */
  get pid(): number | undefined {
    const { process: child } = this;
    return child?.exitCode === null && child.signalCode === null ? child.pid : undefined;
  }

  /** SIGKILL: nothing of it gets a chance to tidy up. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
    this.process = null;
  }
}
