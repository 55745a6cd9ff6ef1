import { describe, expect, it } from "vitest";
import { newId } from "@/lib/platform/ids";
import { type ContainerSpecified, readerBody, workspaceBody } from "./container";
import { materialNames } from "./materials";
import { containerName, slotPath } from "./names";
import { subnetsFor } from "./networks";

const host = { id: newId(), endpoint: "unix:///nowhere" };
const home = { id: newId(), host, sizeMb: 64, fence: 1 };
const spec: ContainerSpecified = {
  id: newId(),
  purpose: "attempt",
  host,
  externalId: null,
  home,
  template: {
    driver: "docker",
    protocol: "jupyter",
    image: "labyard/jupyter",
    cpus: 8,
    memoryMb: 1024,
    processes: 100,
    diskMb: 64,
    env: { labyard_x: "1", LD_PRELOAD: "x", jupyter_token: "x", GOOD: "a=b\nc" },
    network: "none",
    startTimeoutSeconds: 60,
  },
  materials: [],
  secret: "s",
  origin: "http://w.localhost",
};

describe("the body of a workspace", () => {
  const body = workspaceBody(spec, { id: "sha256:1", hasInit: true }, 2);

  it("takes image and user from us, not from the image's own settings", () => {
    expect(body).toMatchObject({ Image: "sha256:1", User: "1000:1000", WorkingDir: "/home/student" });
  });

  it("asks for no more processors than the host has", () => {
    expect(body.HostConfig?.NanoCpus).toBe(2e9);
  });

  it("sets the platform's variables and leaves out what would replace them", () => {
    expect(body.Env?.sort()).toEqual(
      [
        "GOOD=a=b\nc",
        "HOME=/home/student",
        "JUPYTER_TOKEN=s",
        "LABYARD_ORIGIN=http://w.localhost",
        "TZ=Asia/Shanghai",
      ].sort(),
    );
  });

  it("tells what runs inside the student's language", () => {
    const chinese = workspaceBody({ ...spec, locale: "zh-CN" }, { id: "x", hasInit: true }, 2);
    expect(chinese.Env).toContain("LABYARD_LOCALE=zh-CN");
  });

  it("gives a container without egress no name server that could carry data out", () => {
    expect(body.HostConfig?.Dns).toEqual(["240.0.0.1"]);
    const online = { ...spec, template: { ...spec.template, network: "internet" as const } };
    expect(workspaceBody(online, { id: "x", hasInit: false }, 2).HostConfig?.Dns).toBeUndefined();
  });
});

it("names things by ids, and refuses what is no id", () => {
  expect(containerName(spec.id)).toMatch(/^labyard-[a-z0-9-]+-[0-9a-z]{26}$/);
  for (const bad of ["", "../../etc", "a".repeat(26), `${spec.id}x`, `${spec.id}\n`, "A".repeat(25)]) {
    expect(() => slotPath(bad), bad).toThrow();
    expect(() => readerBody({ ...home, id: bad }, "0".repeat(16), []), bad).toThrow();
  }
});

describe("subnets", () => {
  it("lie in the quarter that the firewall knows the mode by, and are all different", () => {
    const none = subnetsFor("10.87.0.0/16", "labyard", "none");
    const internet = subnetsFor("10.87.0.0/16", "labyard", "internet");
    const gateways = [
      ...subnetsFor("10.87.0.0/16", "labyard", "guacd"),
      ...subnetsFor("10.87.0.0/16", "labyard", "drives"),
    ];
    expect(new Set([...none, ...internet, ...gateways]).size).toBe(64);
    const third = (subnet: string) => Number(subnet.split(".")[2]);
    for (const subnet of none) expect(third(subnet)).toBeLessThan(64);
    for (const subnet of gateways) expect(third(subnet)).toBeGreaterThanOrEqual(192);
    for (const subnet of internet) {
      expect(third(subnet)).toBeGreaterThanOrEqual(128);
      expect(third(subnet)).toBeLessThan(192);
    }
  });

  it("start elsewhere for another installation, and need a pool of the right size", () => {
    const starts = ["labyard", "test-driver", "a", "b", "c"].map(
      (deploy) => subnetsFor("10.87.0.0/16", deploy, "none")[0],
    );
    expect(new Set(starts).size).toBeGreaterThan(1);
    expect(() => subnetsFor("10.87.0.0/24", "labyard", "none")).toThrow();
  });
});

it("gives attachments names that are names, each once", () => {
  const sha256 = "0".repeat(64);
  const names = (...list: string[]) =>
    materialNames(list.map((name) => ({ name, sha256 }))).map((one) => one.name);
  expect(names("a.txt", "a.txt", "a (2).txt")).toEqual(["a.txt", "a (2).txt", "a (2) (2).txt"]);
  expect(names("..", ".", "", "x/../y", "a\0b\n", "任务.ipynb")).toEqual([
    "_",
    "_ (2)",
    "_ (3)",
    "x_.._y",
    "a_b_",
    "任务.ipynb",
  ]);
  expect(Buffer.byteLength(names("长".repeat(200))[0] ?? "")).toBeLessThanOrEqual(255);
});
