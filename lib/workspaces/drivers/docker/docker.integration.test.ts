import { Readable } from "node:stream";
import { vi } from "vitest";
import { putFile, removeFile } from "@/lib/platform/files";
import { driverContract } from "../contract";
import { dockerDriver } from "./driver";
import { inWorkspace, newHome, newSpec, removeEverything, testHost } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-driver-${process.pid}`;
});

const desktops = {
  jupyter: {},
  vnc: { protocol: "vnc", image: "labyard/desktop", memoryMb: 768, processes: 512 },
  rdp: { protocol: "rdp", image: "labyard/xrdp", memoryMb: 768, processes: 512 },
} as const;

driverContract("docker", ["figures", "mounts", "fast", "agent"], () => {
  const host = testHost();
  const stored: string[] = [];
  return {
    driver: dockerDriver,
    host,
    newHome: (sizeMb) => newHome(host, sizeMb),
    newSpec: (home, materials, protocol = "jupyter") => newSpec(home, desktops[protocol], materials),
    run: inWorkspace,
    away: { ...host, endpoint: "tcp://127.0.0.1:9" },
    store: async (text) => {
      const { sha256 } = await putFile(Readable.from([Buffer.from(text)]), { maxBytes: 1e6 });
      stored.push(sha256);
      return sha256;
    },
    cleanUp: async () => {
      await removeEverything(host);
      await Promise.all(stored.map(removeFile));
    },
  };
});
