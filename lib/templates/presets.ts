import type { Protocol } from "@/db/schema/templates";

/** What the form proposes for each kind of environment; a desktop with a browser needs more than a notebook. */
export const presets = {
  jupyter: {
    image: "labyard/jupyter",
    cpus: 1,
    memoryMb: 1024,
    processes: 512,
    diskMb: 1024,
    startTimeoutSeconds: 120,
  },
  vnc: {
    image: "labyard/desktop",
    cpus: 2,
    memoryMb: 2048,
    processes: 1024,
    diskMb: 2048,
    startTimeoutSeconds: 120,
  },
  rdp: {
    image: "labyard/xrdp",
    cpus: 2,
    memoryMb: 2048,
    processes: 1024,
    diskMb: 2048,
    startTimeoutSeconds: 120,
  },
} as const satisfies Record<Protocol, object>;
