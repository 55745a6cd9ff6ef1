import type { ContainerCreateOptions, HostConfig, MountSettings } from "dockerode";
import type { ContainerSpec } from "@/db/schema/templates";
import { env } from "@/lib/platform/env";
import type { HomeRef, WorkspaceSpec } from "../driver";
import { desktopPassword } from "./desktop";
import type { ImageFacts } from "./images";
import {
  containerName,
  driveName,
  guacdName,
  label,
  layoutVersion,
  networkName,
  readerName,
  slotPath,
  toolsImage,
  viewPath,
} from "./names";

/** What runs as a container. */
export type ContainerSpecified = WorkspaceSpec<ContainerSpec>;

const mb = 1024 * 1024;

// Words of the engine that its types do not know yet.
const ownCgroups: object = { CgroupnsMode: "private" };
// Engines from 25 on would make the home below the read-only slot read-only too; older ones pass over the word.
const nonRecursive: object = { ReadOnlyNonRecursive: true };

/** What every container for students' things has in common; `policy.integration.test.ts` holds the engine to it. */
const sealedOff = (limits: { memoryMb: number; cpus: number; processes: number }): HostConfig => ({
  CapDrop: ["ALL"],
  CapAdd: [],
  Privileged: false,
  SecurityOpt: ["no-new-privileges"],
  ReadonlyRootfs: true,
  IpcMode: "private",
  PidMode: "",
  UTSMode: "",
  UsernsMode: "",
  ...ownCgroups,
  Devices: [],
  PortBindings: {},
  PublishAllPorts: false,
  Memory: limits.memoryMb * mb,
  // Equal to Memory: no swap on top of it.
  MemorySwap: limits.memoryMb * mb,
  NanoCpus: Math.round(limits.cpus * 1e9),
  PidsLimit: limits.processes,
  Ulimits: [
    { Name: "nofile", Soft: 8192, Hard: 8192 },
    { Name: "core", Soft: 0, Hard: 0 },
  ],
  OomScoreAdj: 500,
  RestartPolicy: { Name: "no" },
});

const labels = (purpose: string): Record<string, string> => ({
  [label.deploy]: env().DEPLOY_ID,
  [label.purpose]: purpose,
  [label.version]: layoutVersion,
});

/** Names that only the platform sets; a template's own are left out. */
const reserved = /^(JUPYTER_TOKEN|LABYARD_.*|LD_.*|HOME|USER|HOSTNAME|PATH)$/i;

function environment(spec: ContainerSpecified): string[] {
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = env();
  const proxies: Record<string, string> = {};
  if (spec.template.network === "internet") {
    for (const [name, value] of Object.entries({ HTTP_PROXY, HTTPS_PROXY, NO_PROXY })) {
      if (value) {
        proxies[name] = value;
        proxies[name.toLowerCase()] = value;
      }
    }
  }
  const own = Object.entries(spec.template.env).filter(([name]) => !reserved.test(name));
  return Object.entries({
    // A template may say that its students are elsewhere.
    TZ: env().TIME_ZONE,
    ...proxies,
    ...Object.fromEntries(own),
    HOME: "/home/student",
    ...(spec.template.protocol === "jupyter"
      ? { JUPYTER_TOKEN: spec.secret }
      : { LABYARD_DESKTOP_PASSWORD: desktopPassword(spec.secret) }),
    LABYARD_ORIGIN: spec.origin,
    ...(spec.locale ? { LABYARD_LOCALE: spec.locale } : {}),
  }).map(([name, value]) => `${name}=${value}`);
}

/** The slot is root's and read-only; the home that is mounted in it, now or later, is not. */
const slotMount = (workspaceId: string): MountSettings => ({
  Type: "bind",
  Source: slotPath(workspaceId),
  Target: "/home",
  ReadOnly: true,
  BindOptions: { Propagation: "rslave", ...nonRecursive },
});

/** The body with which a workspace is created: the whole policy, in one place. */
export function workspaceBody(
  spec: ContainerSpecified,
  image: ImageFacts,
  hostCpus: number,
): ContainerCreateOptions {
  const { memoryMb, processes, network } = spec.template;
  const scratch = Math.max(16, Math.min(256, Math.floor(memoryMb / 4)));
  return {
    name: containerName(spec.id),
    Image: image.id,
    User: "1000:1000",
    Hostname: "lab",
    WorkingDir: "/home/student",
    Env: environment(spec),
    Labels: { ...labels(spec.purpose), [label.workspace]: spec.id, [label.protocol]: spec.template.protocol },
    ExposedPorts: {},
    HostConfig: {
      ...sealedOff({ memoryMb, processes, cpus: Math.min(spec.template.cpus, hostCpus) }),
      // An image that brings its own init keeps it as process 1.
      Init: !image.hasInit,
      NetworkMode: networkName(network),
      // Docker's resolver would carry names, and so data, out of a container without egress.
      ...(network === "none" ? { Dns: ["240.0.0.1"], DnsOptions: ["timeout:1", "attempts:1"] } : {}),
      ShmSize: scratch * mb,
      Tmpfs: {
        "/tmp": `rw,exec,nosuid,nodev,mode=1777,size=${scratch}m`,
        "/run": "rw,noexec,nosuid,nodev,mode=0755,size=16m",
        // xrdp and the channels beside it meet at a place that is compiled in.
        ...(spec.template.protocol === "rdp"
          ? { "/run/xrdp": "rw,noexec,nosuid,nodev,mode=0700,uid=1000,gid=1000,size=1m" }
          : {}),
      },
      Mounts: [slotMount(spec.id)],
      LogConfig: { Type: "json-file", Config: { "max-size": "2m", "max-file": "1" } },
    },
  };
}

/** What desktop gateways have in common: as sealed off as a workspace, on a network of their own. */
const gatewayBody = (
  image: string,
  network: "guacd" | "drives",
  limits: { memoryMb: number; cpus: number; processes: number },
): ContainerCreateOptions & { HostConfig: HostConfig } => ({
  Image: image,
  Hostname: "guacd",
  WorkingDir: "/",
  Env: ["LC_ALL=C.UTF-8", "HOME=/tmp"],
  HostConfig: {
    ...sealedOff(limits),
    // When guacd dies its children go with it.
    Init: true,
    NetworkMode: networkName(network),
    Dns: ["240.0.0.1"],
    ShmSize: 16 * mb,
    Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,mode=1777,size=64m" },
    Mounts: [],
    LogConfig: { Type: "json-file", Config: { "max-size": "2m", "max-file": "1" } },
  },
});

/** The body of the desktop gateway of a host, at a fixed address. */
export function guacdBody(
  image: string,
  address: string,
  host: { cpus: number; memoryMb: number },
): ContainerCreateOptions {
  // Some 10 to 25 MB and a process for each desktop that somebody looks at.
  const memoryMb = Math.max(1024, Math.floor(host.memoryMb / 4));
  return {
    ...gatewayBody(image, "guacd", { memoryMb, cpus: host.cpus, processes: 8192 }),
    name: guacdName(),
    User: "65534:65534",
    Labels: labels("guacd"),
    NetworkingConfig: {
      EndpointsConfig: { [networkName("guacd")]: { IPAMConfig: { IPv4Address: address } } },
    },
  };
}

/** The body of a gateway that shows one home to one desktop as a drive, and writes in it as its student. */
export function driveBody(
  image: string,
  workspaceId: string,
  host: { cpus: number },
): ContainerCreateOptions {
  const body = gatewayBody(image, "drives", { memoryMb: 512, cpus: Math.min(2, host.cpus), processes: 128 });
  return {
    ...body,
    name: driveName(workspaceId),
    User: "1000:1000",
    // Not the label of a workspace: what has that one is taken for the workspace itself.
    Labels: { ...labels("drive"), [label.drive]: workspaceId },
    HostConfig: { ...body.HostConfig, Mounts: [slotMount(workspaceId)] },
  };
}

/** The body of the short-lived container in which one home is read, or written. */
export function readerBody(
  home: HomeRef,
  nonce: string,
  command: readonly string[],
  mode: "ro" | "rw" = "ro",
): ContainerCreateOptions {
  return {
    name: readerName(nonce),
    Image: toolsImage,
    User: "1000:1000",
    Hostname: "lab",
    WorkingDir: "/",
    Entrypoint: ["/usr/bin/python3", "-I", "-S", "/opt/labyard/homefiles.py"],
    Cmd: [...command],
    Labels: { ...labels("files"), [label.reader]: nonce },
    ...(mode === "rw" ? { AttachStdin: true, OpenStdin: true, StdinOnce: true } : {}),
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      ...sealedOff({ memoryMb: 192, cpus: 1, processes: 16 }),
      Init: false,
      NetworkMode: "none",
      ShmSize: 1 * mb,
      Tmpfs: {},
      Mounts: [
        {
          Type: "bind",
          Source: viewPath(home.id, nonce),
          Target: "/home/student",
          ReadOnly: mode === "ro",
          BindOptions: { Propagation: "rprivate" },
        },
      ],
      // What it prints are the student's bytes: they go to the reader, not to the host's disk.
      LogConfig: { Type: "none", Config: {} },
    },
  };
}
