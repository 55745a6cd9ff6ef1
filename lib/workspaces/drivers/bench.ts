import { Readable } from "node:stream";
import { conflict, unavailable } from "@/lib/platform/errors";
import type { Driver } from "./driver";

/** On globalThis: Next's bundle starts what the reconciler of server.ts lists. */
const shared = globalThis as typeof globalThis & { labyardBenchRunning?: Set<string> };
shared.labyardBenchRunning ??= new Set();
const running = shared.labyardBenchRunning;

async function* nothing() {}

/**
 * A host without an engine, for benches of what is before it: everything is there at once, nothing is inside. Only
 * with BENCH, which is refused in production.
 */
export const benchDriver: Driver = {
  kind: "docker",
  prepareHost: async () => ({
    engine: "bench",
    cpus: 64,
    memoryMb: 64_000_000,
    diskMb: 64_000_000,
    memoryFreeMb: 64_000_000,
    diskFreeMb: 64_000_000,
    load: 0,
  }),
  checkImage: async () => "bench",
  mountHome: async () => undefined,
  unmountHome: async () => undefined,
  renewHome: async () => undefined,
  removeHome: async () => undefined,
  create: async () => undefined,
  ensure: async ({ id }) => {
    running.add(id);
    return { externalId: id, address: "127.0.0.1:9" };
  },
  observe: async ({ id }) =>
    running.has(id) ? { state: "running", externalId: id, address: "127.0.0.1:9" } : { state: "missing" },
  probe: async () => true,
  busy: async () => null,
  hasSettled: async () => true,
  pause: async () => undefined,
  resume: async () => undefined,
  attach: async () => undefined,
  ensureGuacd: async () => {
    throw unavailable("hostError");
  },
  gateway: async () => {
    throw unavailable("hostError");
  },
  gateways: async () => [],
  removeGateway: async () => undefined,
  desktop: () => {
    throw unavailable("hostError");
  },
  agent: async () => {
    throw unavailable("hostError");
  },
  exec: async () => {
    throw conflict("terminal.noShell");
  },
  deliver: async () => undefined,
  fetch: async () => [],
  preserve: async () => true,
  extend: async () => undefined,
  stats: async () => ({ cpuPercent: 0, memoryBytes: 0, memoryLimitBytes: 0, processes: 0 }),
  logs: async () => "",
  destroy: async ({ id }) => void running.delete(id),
  list: async () =>
    [...running].map((id) => ({
      workspaceId: id,
      externalId: id,
      running: true,
      frozen: false,
      image: "bench",
    })),
  watch: (_host, _onEnded, stopped) =>
    new Promise((resolve) => stopped.addEventListener("abort", () => resolve())),
  mounts: async () => [],
  listFiles: async () => ({ entries: [], space: null, more: false }),
  readFile: async () => ({ size: 0, version: "0", content: Readable.from([]) }),
  packFiles: nothing,
  changeFiles: async () => [],
  collect: nothing,
  writeFiles: nothing,
};
