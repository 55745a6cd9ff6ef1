import type { Protocol, TemplateSpec } from "@/db/schema/templates";

/** What the form calls a kind: how a container is reached, or an instance in a cloud. */
export type Kind = Protocol | "cloud";

export const kindOf = ({ driver, protocol }: Pick<TemplateSpec, "driver" | "protocol">): Kind =>
  driver === "ecs" ? "cloud" : protocol;

/** What the form proposes for each kind of environment; a desktop with a browser needs more than a notebook. */
export const presets = {
  jupyter: {
    driver: "docker",
    protocol: "jupyter",
    image: "labyard/jupyter",
    cpus: 1,
    memoryMb: 1024,
    processes: 512,
    diskMb: 1024,
    startTimeoutSeconds: 120,
  },
  vnc: {
    driver: "docker",
    protocol: "vnc",
    image: "labyard/desktop",
    cpus: 2,
    memoryMb: 2048,
    processes: 1024,
    diskMb: 2048,
    startTimeoutSeconds: 120,
  },
  rdp: {
    driver: "docker",
    protocol: "rdp",
    image: "labyard/xrdp",
    cpus: 2,
    memoryMb: 2048,
    processes: 1024,
    diskMb: 2048,
    startTimeoutSeconds: 120,
  },
  cloud: {
    driver: "ecs",
    protocol: "rdp",
    image: "",
    os: "linux",
    user: "ecs-user",
    systemDisk: { category: "cloud_essd", sizeGb: 40 },
    spot: "first",
    internetMbps: 0,
    diskMb: 2048,
    startTimeoutSeconds: 600,
  },
} as const satisfies Record<Kind, object>;
