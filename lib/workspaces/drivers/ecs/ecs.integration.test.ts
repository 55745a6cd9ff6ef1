import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { charges, cloudAccounts, cloudFindings, cloudResources } from "@/db/schema/clouds";
import { templateVersions } from "@/db/schema/templates";
import { homes, hosts, workspaces } from "@/db/schema/workspaces";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { Containers } from "@/e2e/ecs-emulator/containers";
import { instanceOf } from "@/lib/clouds";
// biome-ignore lint/style/noRestrictedImports: what tests share is no part of the noun.
import { emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import { systemCtx } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { env } from "@/lib/platform/env";
import { putFile, removeFile } from "@/lib/platform/files";
import { newId } from "@/lib/platform/ids";
import { type Bench, driverContract, type HomedSpec } from "../contract";
import { newHome, removeEverything, testHost } from "../docker/testing";
import type { Driver, HomeRef, WorkspaceRef, WorkspaceSpec } from "../driver";
import { ecsDriver } from "./driver";
import { linkOf } from "./machine";
import { answered, unlink } from "./ssh";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-ecs-${process.pid}`;
});
// Machines boot, and files go over a wire.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const db = database();
const ctx = systemCtx("test", { db });
const docker = testHost();
let cloud: Emulator;
let hostId: string;
const written: Promise<unknown>[] = [];
const stored: string[] = [];

beforeAll(async () => {
  const backing = await Containers.open({
    engine: env().DOCKER_HOST,
    deploy: env().DEPLOY_ID,
    pool: env().WORKSPACE_POOL,
  });
  cloud = await startEmulator({ backing, knobs: { pendingMs: 50, startingMs: 100, stoppingMs: 200 } });
  ({ hostId } = await emulatedRegion(ctx, cloud));
  await db
    .insert(hosts)
    .values({ ...docker, name: docker.id, cpus: 1, memoryMb: 1, diskMb: 1, createdAt: ctx.clock.now() });
});

afterAll(async () => {
  await cloud.close();
  await removeEverything(docker);
  await Promise.all(stored.map(removeFile));
  for (const table of [
    charges,
    cloudFindings,
    cloudResources,
    workspaces,
    homes,
    cloudAccounts,
    hosts,
    templateVersions,
  ])
    await db.delete(table);
  await closeDatabase();
});

/** With the rows by which the driver knows it. */
function newSpec(home: HomeRef | null, materials: WorkspaceSpec["materials"] = []): HomedSpec {
  const template = emulatedSpec(hostId, { diskMb: 64 });
  const [id, versionId, at] = [newId(), newId(), ctx.clock.now()];
  const secret = ctx.newToken();
  const insert = async () => {
    await db.insert(templateVersions).values({
      id: versionId,
      templateId: newId(),
      number: 1,
      spec: template,
      createdBy: newId(),
      createdAt: at,
    });
    const owner = { userId: newId(), taskId: newId() };
    if (home) {
      const row = {
        id: home.id,
        hostId: docker.id,
        sizeMb: home.sizeMb,
        fence: 1,
        createdAt: at,
        usedAt: at,
        ...owner,
      };
      await db.insert(homes).ignore().values(row);
    }
    await db.insert(workspaces).values({
      id,
      purpose: "attempt",
      userId: owner.userId,
      homeId: home?.id ?? null,
      hostId,
      templateVersionId: versionId,
      label: id.toLowerCase(),
      desired: "running",
      state: "booting",
      secret: seal(secret),
      memoryMb: 1,
      requestedAt: at,
      stateAt: at,
    });
  };
  written.push(insert());
  const host = { id: hostId, endpoint: "" };
  // A warm one has no home, which the contract says itself.
  return {
    id,
    purpose: "attempt",
    host,
    externalId: null,
    home: home as HomeRef,
    template,
    materials,
    secret,
    origin: "",
  };
}

async function run({ id }: WorkspaceRef, script: string) {
  const link = await linkOf(id);
  const channel = await link.run(`${script}`);
  const ended = new Promise<number | null>((resolve) => {
    channel.on("exit", (code: number | null) => resolve(code));
    channel.on("close", () => resolve(null));
  });
  let text = "";
  channel.stderr.on("data", (part: Buffer) => {
    text += part;
  });
  for await (const part of channel) text += String(part);
  return { code: (await answered(ended, () => channel.destroy())) ?? -1, text };
}

const rowsFirst: Driver = {
  ...ecsDriver,
  ensure: async (spec) => {
    await Promise.all(written);
    return ecsDriver.ensure(spec);
  },
};

const bench = (): Bench => ({
  driver: rowsFirst,
  host: { id: hostId, endpoint: "" },
  newHome: (sizeMb) => newHome(docker, sizeMb),
  newSpec,
  run,
  store: async (text) => {
    const { sha256 } = await putFile(Readable.from([Buffer.from(text)]), { maxBytes: 1e6 });
    stored.push(sha256);
    return sha256;
  },
  away: { id: hostId, endpoint: "" },
  cleanUp: async () => undefined,
});

driverContract("ecs", [], bench);

describe("ecs", () => {
  it("pins the machine, carries files both ways while it runs, keeps the disk apart while it is paused", async () => {
    const before = cloud.leftovers().instances;
    const home = newHome(docker);
    const spec = newSpec(home);
    await ecsDriver.mountHome(home, spec.id);
    const { address } = await vi.waitFor(() => rowsFirst.ensure(spec), 20_000);
    await vi.waitFor(
      async () => expect(await ecsDriver.probe(address, spec.template, spec.secret)).toBe(true),
      40_000,
    );
    // A machine that has just booted may hang up once more: a start asks again.
    await vi.waitFor(() => ecsDriver.deliver(spec, home, []), 20_000);
    expect((await instanceOf({ ctx, input: { workspaceId: spec.id } }))?.hostKey).toMatch(/^SHA256:/);

    await run(spec, "echo inside > own.txt; mkdir d");
    const names = async () => (await ecsDriver.listFiles(home, spec.id, "")).entries.map(({ path }) => path);
    await vi.waitFor(
      async () => expect(await names()).toEqual(expect.arrayContaining(["own.txt", "d"])),
      15_000,
    );
    async function* one() {
      yield {
        path: "d/来自外面.txt",
        size: 3,
        executable: true,
        content: Readable.from([Buffer.from("out")]),
      };
    }
    const put = [];
    for await (const answer of ecsDriver.writeFiles(home, spec.id, one(), "replace")) put.push(answer);
    expect(put).toEqual([{ path: "d/来自外面.txt", written: "d/来自外面.txt" }]);
    const acts = [
      { act: "move", path: "own.txt", to: "d/moved.txt", onConflict: "refuse" },
      { act: "makeFolder", path: "new" },
      { act: "remove", path: "nothing" },
    ] as const;
    expect(await ecsDriver.changeFiles(home, spec.id, acts)).toEqual([
      { done: "d/moved.txt" },
      { done: "new" },
      { refused: "not_found" },
    ]);
    const now = "cat d/来自外面.txt d/moved.txt; stat -c %a d/来自外面.txt; ls -d own.txt new 2>/dev/null";
    expect((await run(spec, now)).text).toBe("outinside\n755\nnew\n");

    await run(spec, "echo last >> d/moved.txt");
    await ecsDriver.fetch(spec, home, { resting: true });
    await ecsDriver.pause(spec);
    await expect(ecsDriver.changeFiles(home, spec.id, [{ act: "remove", path: "d" }])).rejects.toMatchObject({
      key: "homeAsleep",
    });
    await vi.waitFor(
      async () => expect(await ecsDriver.observe(spec)).toMatchObject({ state: "paused" }),
      20_000,
    );
    expect(await ecsDriver.fetch(spec, home)).toEqual([]);
    const { content } = await ecsDriver.readFile(home, spec.id, "d/moved.txt");
    expect((await content.toArray()).join("")).toBe("inside\nlast\n");
    cloud.set({ stock: { "*": { "*": 0 } } });
    await expect(ecsDriver.resume(spec)).rejects.toMatchObject({ key: "cloud.noStock" });
    cloud.set({ stock: {} });
    unlink(spec.id);
    await vi.waitFor(async () => {
      await ecsDriver.destroy(spec);
      expect(await ecsDriver.observe(spec)).toEqual({ state: "missing" });
    }, 20_000);
    expect(cloud.leftovers().instances).toEqual(before);
  }, 120_000);
});
