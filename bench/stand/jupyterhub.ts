import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "@/e2e/upstream/world";
import { jupyterSpec } from "@/e2e/world";
import { env } from "@/lib/platform/env";
import { networkName } from "@/lib/workspaces/drivers/docker/names";
import { answers, run } from "./process";
import { homeOf, rawBody } from "./raw";
import { say } from "./results";

/** From JupyterHub's own start of it to the first 200 of `/api` through its proxy; null: it did not become ready. */
export type HubStart = number | null;

/**
 * JupyterHub and DockerSpawner from PyPI, in a folder of their own, with their defaults for what is not the image,
 * its limits and where it listens. Each round has fresh people.
 */
export async function openHub() {
  const folder = mkdtempSync(join(tmpdir(), "jupyterhub-"));
  say("installing JupyterHub and DockerSpawner");
  await run("python3", ["-m", "venv", join(folder, "venv")]);
  await run(join(folder, "venv/bin/pip"), ["install", "--quiet", "jupyterhub", "dockerspawner"]);
  const token = randomBytes(16).toString("hex");
  const [port, hubPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const { HostConfig: limits } = await rawBody();
  const box = {
    port,
    hubPort,
    apiPort,
    token,
    image: jupyterSpec.image,
    network: networkName(jupyterSpec.network),
    cpus: (limits?.NanoCpus ?? 0) / 1e9,
    prefix: `bench-${token.slice(0, 8)}`,
    proxy: [process.execPath, resolve("node_modules/.bin/configurable-http-proxy")],
    limits: {
      cap_drop: limits?.CapDrop,
      security_opt: limits?.SecurityOpt,
      read_only: limits?.ReadonlyRootfs,
      mem_limit: limits?.Memory,
      memswap_limit: limits?.MemorySwap,
      pids_limit: limits?.PidsLimit,
      init: limits?.Init,
      shm_size: limits?.ShmSize,
      dns: limits?.Dns,
      dns_opt: limits?.DnsOptions,
      tmpfs: { ...limits?.Tmpfs, ...homeOf(jupyterSpec.diskMb) },
    },
  };
  mkdirSync("test-results", { recursive: true });
  const log = openSync("test-results/jupyterhub.log", "w");
  const config = resolve("bench/stand/jupyterhub.py");
  const hub = spawn(join(folder, "venv/bin/jupyterhub"), ["--config", config], {
    cwd: folder,
    env: { ...process.env, DOCKER_HOST: env().DOCKER_HOST, BENCH_BOX: JSON.stringify(box) },
    stdio: ["ignore", log, log],
  });
  const orphan = () => hub.kill("SIGKILL");
  process.once("exit", orphan);
  const base = `http://127.0.0.1:${port}`;
  const ask = (method: string, path: string) =>
    fetch(`${base}/hub/api${path}`, { method, headers: { Authorization: `token ${token}` } });
  await answers(`${base}/hub/api`, 60_000);
  // Its proxy answers before it does.
  while (!(await ask("GET", "/users")).ok) {
    if (hub.exitCode !== null) throw new Error("JupyterHub ended");
    await new Promise((wait) => setTimeout(wait, 200));
  }
  let people = 0;
  return {
    /** One person's Start; what the hub gave up, or did not serve within four minutes, is null. */
    async start(): Promise<{ name: string; ms: HubStart }> {
      const name = `p${++people}`;
      const made = await ask("POST", `/users/${name}`);
      if (!made.ok) throw new Error(`JupyterHub takes nobody in: ${made.status} ${await made.text()}`);
      const began = performance.now();
      const asked = await ask("POST", `/users/${name}/server`);
      if (!asked.ok) return { name, ms: null };
      while (performance.now() - began < 240_000) {
        const { pending, server } = (await (await ask("GET", `/users/${name}`)).json()) as {
          pending: string | null;
          server: string | null;
        };
        if (!pending && !server) return { name, ms: null };
        const seen = server ? await fetch(`${base}/user/${name}/api`, { redirect: "manual" }) : null;
        const text = await seen?.text();
        if (seen?.status === 200 && text?.includes('"version"'))
          return { name, ms: performance.now() - began };
        await new Promise((wait) => setTimeout(wait, 50));
      }
      return { name, ms: null };
    },
    async remove(name: string): Promise<void> {
      for (;;) {
        const { status } = await ask("DELETE", `/users/${name}`);
        if (status === 204 || status === 404) return;
        await (await ask("DELETE", `/users/${name}/server`)).text();
        await new Promise((wait) => setTimeout(wait, 500));
      }
    },
    async close(): Promise<void> {
      const gone = new Promise((done) => hub.once("exit", done));
      hub.kill("SIGTERM");
      await gone;
      process.off("exit", orphan);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
