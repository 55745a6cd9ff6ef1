import { execFileSync } from "node:child_process";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { env } from "@/lib/platform/env";
import type { HomedSpec } from "../contract";
import type { Guacd } from "../driver";
import { engine } from "./connection";
import { dockerDriver as driver } from "./driver";
import { containerName, label, networkName, toolsImage } from "./names";
import {
  inWorkspace,
  newHome,
  newSpec,
  removeEverything,
  runInside,
  startWorkspace,
  testHost,
} from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-driver-${process.pid}`;
});

// Targets that really listen: on the host, in a neighbour, and in a network namespace that plays the cloud's
// metadata services, the campus and the internet. A control container outside the pool reaches every one.
const space = "labyard-egress";
const far = ["169.254.169.254", "100.100.100.200", "192.168.77.10", "10.99.99.10"];
const internet = "203.0.113.10";
const port = 18_080;
const control = `labyard-test-driver-${process.pid}-control`;
const controlNet = control;
/** Stands where guacd stands, and has a shell. */
const beside = `${control}-beside-guacd`;

const sh = (line: string) =>
  execFileSync("sh", ["-ec", line], { stdio: ["ignore", "pipe", "pipe"] }).toString();

const host = testHost();
let offline: HomedSpec;
let online: HomedSpec;
let neighbour: HomedSpec;
let desktop: HomedSpec;
let addresses: Record<string, string>;
let guacd: Guacd;
let listener: Server;
let farListener: number;

function hostAddress(): string {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).map((one) => ({ name, ...one })),
  );
  return (
    all.find((one) => one.family === "IPv4" && !one.internal && !/^(br-|docker|veth|lyegress)/.test(one.name))
      ?.address ?? ""
  );
}

const gateway = async (mode: "none" | "internet" | "guacd") =>
  (await engine(host.endpoint).getNetwork(networkName(mode)).inspect()).IPAM?.Config?.[0]?.Gateway ?? "";

const probe = (target: string, to = port) => `python3 -c "
import socket
try:
    socket.create_connection(('${target}', ${to}), 2).close(); print('REACHED')
except OSError as error: print('no:', error)"`;

const fromBesideGuacd = async (target: string, to = port) =>
  (await runInside(beside, ["sh", "-c", probe(target, to)])).text.trim();
const fromControl = async (target: string, to = port) =>
  (await runInside(control, ["sh", "-c", probe(target, to)])).text.trim();
const from = async (spec: HomedSpec, target: string, to = port) =>
  (await inWorkspace(spec, probe(target, to))).text.trim();

function buildFarSide() {
  tearDownFarSide();
  const routes = [...far, internet].map(
    (one) => `ip route add ${one}/32 dev lyegress0 via 198.51.100.2 onlink`,
  );
  const loopbacks = [...far, internet].map(
    (one) => `nsenter --net=/var/run/netns/${space} ip addr add ${one}/32 dev lo`,
  );
  sh(`ip netns add ${space}
      ip link add lyegress0 type veth peer name lyegress1
      ip link set lyegress1 netns ${space}
      ip addr add 198.51.100.1/30 dev lyegress0; ip link set lyegress0 up
      n="nsenter --net=/var/run/netns/${space}"
      $n ip link set lo up; $n ip addr add 198.51.100.2/30 dev lyegress1; $n ip link set lyegress1 up
      $n ip route add default via 198.51.100.1
      ${[...loopbacks, ...routes].join("\n")}`);
  const server = `import socket, threading
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("0.0.0.0", ${port})); s.listen(50)
while True: s.accept()[0].close()`;
  const started = sh(
    `nsenter --net=/var/run/netns/${space} python3 -c '${server}' >/dev/null 2>&1 & echo $!`,
  );
  return Number(started.trim());
}

function tearDownFarSide() {
  sh(`ip netns del ${space} 2>/dev/null || true; ip link del lyegress0 2>/dev/null || true`);
}

const kindOf = (name: string) => ({ protocol: name === "desktop" ? "vnc" : "jupyter" }) as const;

beforeAll(async () => {
  const docker = engine(host.endpoint);
  farListener = buildFarSide();
  listener = createServer((socket) => socket.destroy()).listen(port, "0.0.0.0");
  offline = newSpec(newHome(host));
  online = newSpec(newHome(host), { network: "internet" });
  neighbour = newSpec(newHome(host), { network: "internet" });
  addresses = {
    offline: (await startWorkspace(offline)).address,
    online: (await startWorkspace(online)).address,
    neighbour: (await startWorkspace(neighbour)).address,
  };
  desktop = newSpec(newHome(host), {
    protocol: "vnc",
    image: "labyard/desktop",
    memoryMb: 768,
    processes: 512,
  });
  addresses.desktop = (await startWorkspace(desktop)).address;
  guacd = await driver.ensureGuacd(host);
  const labels = { [label.deploy]: env().DEPLOY_ID, [label.purpose]: "control" };
  await docker.createNetwork({
    Name: controlNet,
    Driver: "bridge",
    IPAM: { Config: [{ Subnet: "172.31.250.0/24" }] },
    Labels: labels,
  });
  const made = await docker.createContainer({
    name: control,
    Image: toolsImage,
    Entrypoint: ["sleep", "600"],
    Labels: labels,
    HostConfig: { NetworkMode: controlNet, Init: true },
  });
  await made.start();
  const stand = await docker.createContainer({
    name: beside,
    Image: toolsImage,
    Entrypoint: ["sleep", "600"],
    Labels: labels,
    HostConfig: { NetworkMode: networkName("guacd"), Init: true },
  });
  await stand.start();
  await vi.waitFor(
    async () => {
      for (const [name, address] of Object.entries(addresses))
        expect(await driver.probe(address, kindOf(name), offline.secret)).toBe(true);
    },
    { timeout: 60_000, interval: 300 },
  );
});
afterAll(async () => {
  listener?.close();
  if (farListener) process.kill(farListener);
  await removeEverything(host);
  tearDownFarSide();
});

it("lets no workspace reach metadata services, the campus or private networks", async () => {
  for (const target of far) {
    expect(await fromControl(target), `control to ${target}`).toBe("REACHED");
    expect(await from(online, target), `internet to ${target}`).toMatch(/^no:/);
    expect(await from(offline, target), `none to ${target}`).toMatch(/^no:/);
  }
}, 90_000);

it("lets one with internet out, and one without not", async () => {
  expect(await fromControl(internet)).toBe("REACHED");
  expect(await from(online, internet)).toBe("REACHED");
  expect(await from(offline, internet)).toMatch(/^no:/);
}, 60_000);

it("lets no workspace reach the host, by whatever address", async () => {
  const controlGateway = "172.31.250.1";
  expect(await fromControl(controlGateway)).toBe("REACHED");
  expect(await fromControl(hostAddress())).toBe("REACHED");
  const targets = [
    await gateway("none"),
    await gateway("internet"),
    hostAddress(),
    controlGateway,
    "198.51.100.1",
  ];
  for (const target of targets) {
    expect(await from(online, target), `internet to host ${target}`).toMatch(/^no:/);
    expect(await from(offline, target), `none to host ${target}`).toMatch(/^no:/);
  }
}, 90_000);

it("lets no workspace reach a neighbour, on its own bridge or the other", async () => {
  for (const [name, address] of Object.entries(addresses)) {
    const [ip = "", to] = address.split(":");
    // The host reaches it, as the proxy must.
    expect(await driver.probe(address, kindOf(name), offline.secret)).toBe(true);
    for (const spec of [online, offline, neighbour]) {
      if (addresses[spec === online ? "online" : spec === offline ? "offline" : "neighbour"] === address)
        continue;
      expect(await from(spec, ip, Number(to)), `${containerName(spec.id)} to ${name}`).toMatch(/^no:/);
    }
  }
}, 90_000);

it("lets guacd reach the picture and the sound of desktops, with a way out or without, and nothing else", async () => {
  const [desktopIp = ""] = (addresses.desktop ?? "").split(":");
  expect(await fromBesideGuacd(desktopIp, 5901)).toBe("REACHED");
  expect(await fromBesideGuacd(desktopIp, 4713)).toBe("REACHED");
  // Where nothing listens, what comes through is refused by the container itself: on the other bridge too.
  const [onlineIp = "", onlinePort] = (addresses.online ?? "").split(":");
  expect(await fromBesideGuacd(onlineIp, 3389)).toContain("Connection refused");
  expect(await fromBesideGuacd(onlineIp, Number(onlinePort))).not.toMatch(/REACHED|refused/);
  expect(await fromBesideGuacd(desktopIp, 22)).not.toMatch(/REACHED|refused/);
  const elsewhere = [
    ...far,
    internet,
    hostAddress(),
    "172.31.250.1",
    await gateway("guacd"),
    await gateway("none"),
  ];
  for (const target of elsewhere) expect(await fromBesideGuacd(target), `guacd to ${target}`).toMatch(/^no:/);
}, 90_000);

it("lets no workspace reach guacd", async () => {
  for (const spec of [online, offline, desktop])
    expect(await from(spec, guacd.host, guacd.port), containerName(spec.id)).toMatch(/^no:/);
  expect(await fromBesideGuacd(guacd.host, guacd.port)).toMatch(/^no:/);
}, 60_000);

it("carries no names out of a workspace without internet, and has no IPv6", async () => {
  const asked = performance.now();
  const { code } = await inWorkspace(offline, "getent hosts secret.example.com");
  expect(code).not.toBe(0);
  expect(performance.now() - asked).toBeLessThan(10_000);
  const { text } = await inWorkspace(online, "grep -v ' lo$' /proc/net/if_inet6; ls /proc/net/if_inet6");
  expect(text).not.toMatch(/eth0/);
});
