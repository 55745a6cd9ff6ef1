import { existsSync } from "node:fs";
import { utimes } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, auditLog, homes, workspaces } from "@/db/schema";
import { bootNow } from "@/e2e/boot-now";
import { unzip } from "@/e2e/unzip";
import { as, createWorld, type World } from "@/e2e/world";
import { startTask } from "@/lib/attempts";
import { registerLocalHost } from "@/lib/hosts";
import { type Ctx, systemCtx, type UserActor } from "@/lib/platform/context";
import { pauseWorkspace, removeOutside, stopWorkspace } from "@/lib/workspaces";
import { archiveFiles } from "./archive";
import {
  changeFiles,
  listFiles,
  listUploads,
  placeUploads,
  previewFile,
  pruneUploads,
  receiveUpload,
  serveFile,
  serveView,
} from "./index";
import type { FileChange } from "./schema";
import { UploadStore } from "./uploads/store";

const db = database();
const system = systemCtx("test", { db });
let world: World;
let owner: UserActor;
let ctx: Ctx;
let attemptId: string;
let workspaceId: string;
const refused = (code: string, key?: string) => expect.objectContaining(key ? { code, key } : { code });
const base = () => `/api/attempts/${attemptId}/uploads`;

/** One request as tus-js-client makes it. */
const tus = (
  method: string,
  headers: Record<string, string>,
  { id, body, by = ctx }: { id?: string; body?: Uint8Array<ArrayBuffer>; by?: Ctx } = {},
) =>
  receiveUpload({
    ctx: by,
    input: { attemptId },
    request: new Request(`http://localhost:3000${base()}${id ? `/${id}` : ""}`, {
      method,
      headers: { "tus-resumable": "1.0.0", ...headers },
      body,
    }),
  });
const metadata = (path: string) =>
  `path ${Buffer.from(path).toString("base64")},modified ${Buffer.from("1700000000000").toString("base64")}`;
const begin = async (path: string, size: number, by?: Ctx) => {
  const answer = await tus(
    "POST",
    { "upload-length": String(size), "upload-metadata": metadata(path) },
    { by },
  );
  expect(answer.status).toBe(201);
  return answer.headers.get("location")?.split("/").at(-1) ?? "";
};
const patch = (id: string, offset: number, body: Uint8Array<ArrayBuffer>) =>
  tus(
    "PATCH",
    { "upload-offset": String(offset), "content-type": "application/offset+octet-stream" },
    { id, body },
  );
const bytesOf = (text: string) => new TextEncoder().encode(text);
type Content = string | Uint8Array<ArrayBuffer>;
/** Whole uploads, put into the home in one turn. */
async function putAll(files: Record<string, Content>, onConflict: "keepBoth" | "replace" = "keepBoth") {
  const uploads = [];
  for (const [path, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? bytesOf(content) : content;
    const id = await begin(path, bytes.byteLength);
    if (bytes.byteLength > 0) expect((await patch(id, 0, bytes)).status).toBe(204);
    uploads.push({ id, onConflict });
  }
  const { results } = await placeUploads({ ctx, input: { attemptId, uploads } });
  return results.map((one) => ("written" in one ? one.written : one.refused));
}
const change = async (...changes: FileChange[]) =>
  (await changeFiles({ ctx, input: { attemptId, changes } })).results;
const names = async (path = "") =>
  (await listFiles({ ctx, input: { attemptId, path } })).entries
    .map((entry) => entry.path)
    .filter((name) => !name.startsWith("."));
const serve = (path: string, headers: Record<string, string> = {}, by = ctx) =>
  serveFile({ ctx: by, input: { attemptId, path }, headers: new Headers(headers) });

beforeAll(async () => {
  await registerLocalHost({ ctx: system });
  world = await createWorld(db, { students: 2, spec: { diskMb: 64, memoryMb: 384 } });
  [owner] = world.students as [UserActor];
  ctx = as(owner, db);
  const started = await startTask({ ctx, input: { taskId: world.taskId } });
  ({ attemptId, workspaceId } = started);
}, 60_000);

afterAll(async () => {
  await stopWorkspace({ ctx: system, input: { workspaceId } });
  await removeOutside({ ctx: system, input: { workspaceId } });
  await closeDatabase();
}, 60_000);

describe("before there is a home", () => {
  it("lists nothing, reads nothing, and takes nothing in", async () => {
    const input = { attemptId, path: "" };
    expect(await listFiles({ ctx, input })).toEqual({ entries: [], space: null, more: false });
    await expect(serve("a")).rejects.toEqual(refused("not_found"));
    await db.delete(homes).where(eq(homes.userId, owner.id));
    await expect(begin("a.txt", 1)).rejects.toEqual(refused("conflict", "homefiles.noHome"));
  });
});

describe("beside a workspace", () => {
  beforeAll(async () => {
    await db.update(workspaces).set({ state: "requested" }).where(eq(workspaces.id, workspaceId));
    await bootNow(system, workspaceId);
  }, 120_000);

  it("takes an upload in pieces, goes on where it stopped, and puts it into the home whole", async () => {
    const id = await begin("数据/实验 🦊.bin", 10);
    expect((await patch(id, 0, bytesOf("01234"))).status).toBe(204);
    // Another page, another day: how far it is.
    expect((await tus("HEAD", {}, { id })).headers.get("upload-offset")).toBe("5");
    expect(await listUploads({ ctx, input: { attemptId } })).toEqual([
      { id, path: "数据/实验 🦊.bin", size: 10, modified: 1_700_000_000_000, offset: 5 },
    ]);
    const early = await placeUploads({
      ctx,
      input: { attemptId, uploads: [{ id, onConflict: "keepBoth" }] },
    });
    expect(early.results).toEqual([{ id, refused: "incomplete" }]);
    expect((await patch(id, 3, bytesOf("x"))).status).toBe(409);
    expect((await patch(id, 5, bytesOf("56789"))).status).toBe(204);
    const input = { attemptId, uploads: [{ id, onConflict: "keepBoth" as const }] };
    expect((await placeUploads({ ctx, input })).results).toEqual([{ id, written: "数据/实验 🦊.bin" }]);
    expect((await placeUploads({ ctx, input })).results).toEqual([{ id, refused: "gone" }]);
    expect(await listUploads({ ctx, input: { attemptId } })).toEqual([]);
    expect(await (await serve("数据/实验 🦊.bin")).text()).toBe("0123456789");
    const [audited] = await db.select().from(auditLog).where(eq(auditLog.action, "home.upload"));
    expect(audited).toMatchObject({ targetId: attemptId, after: { paths: ["数据/实验 🦊.bin"], count: 1 } });
  }, 60_000);

  it("keeps both of one name, or replaces, as it is told", async () => {
    expect(await putAll({ "same.txt": "one", "empty.txt": "" })).toEqual(["same.txt", "empty.txt"]);
    expect(await putAll({ "same.txt": "two", "same.txt/below": "x" })).toEqual([
      "same (2).txt",
      "in_the_way",
    ]);
    expect(await putAll({ "same.txt": "three" }, "replace")).toEqual(["same.txt"]);
    expect(await (await serve("same.txt")).text()).toBe("three");
  }, 60_000);

  it("refuses names that lead elsewhere or cannot be, and what does not fit, before a byte is sent", async () => {
    for (const path of [
      "../x",
      "a/../b",
      "/etc/passwd",
      "a//b",
      "",
      ".",
      "n".repeat(256),
      "长".repeat(86),
      "a\0b",
    ])
      await expect(begin(path, 1), path).rejects.toEqual(refused("conflict", "homefiles.badName"));
    await expect(begin("big", 65 * 1024 ** 2)).rejects.toEqual(refused("limit", "homefiles.homeFull"));
    await expect(begin("huge", 3 * 1024 ** 3)).rejects.toEqual(refused("limit", "fileTooLarge"));
    for (const id of ["../../etc", "x", "A".repeat(22)])
      await expect(tus("HEAD", {}, { id: encodeURIComponent(id) }), id).rejects.toEqual(refused("not_found"));
    const odd = ["n".repeat(255), "odd\\xff\\x0aname"];
    expect(await putAll(Object.fromEntries(odd.map((name) => [name, "x"])))).toEqual(odd);
  }, 60_000);

  it("of uploads that begin at once lets in no more than there is room for", async () => {
    const size = 34 * 1024 ** 2;
    const begun = await Promise.allSettled(
      Array.from({ length: 8 }, (_, number) => begin(`at-once-${number}`, size)),
    );
    const ids = begun.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    for (const id of ids) expect((await tus("DELETE", {}, { id })).status).toBe(204);
    expect(ids).toHaveLength(1);
  }, 60_000);

  it("a full home loses nothing: the upload waits, and goes in when there is room", async () => {
    // Each fits by itself when it begins; together they do not.
    const half = new Uint8Array(34 * 1024 ** 2).fill(7);
    const first = await begin("first.bin", half.byteLength);
    await expect(begin("second.bin", half.byteLength)).rejects.toEqual(
      refused("limit", "homefiles.homeFull"),
    );
    await patch(first, 0, half);
    const filler = await new UploadStore(attemptId).create({
      id: "F".repeat(22),
      size: 40 * 1024 ** 2,
      offset: 0,
      metadata: { path: "filler.bin", modified: "0" },
    } as never);
    const big = new Uint8Array(40 * 1024 ** 2);
    await patch(filler.id, 0, big);
    const place = async (id: string) =>
      (await placeUploads({ ctx, input: { attemptId, uploads: [{ id, onConflict: "keepBoth" }] } })).results;
    expect(await place(filler.id)).toMatchObject([{ written: "filler.bin" }]);
    expect(await place(first)).toEqual([{ id: first, refused: "disk_full" }]);
    expect(await change({ act: "remove", path: "filler.bin" })).toEqual([{ done: "filler.bin" }]);
    expect(await place(first)).toMatchObject([{ written: "first.bin" }]);
    await change({ act: "remove", path: "first.bin" });
  }, 90_000);

  it("makes, renames, moves, counts and removes, and tells what it could not", async () => {
    expect(
      await change(
        { act: "makeFolder", path: "新目录" },
        { act: "makeFolder", path: "新目录" },
        { act: "move", path: "same.txt", to: "新目录/结果.txt", onConflict: "refuse" },
        { act: "measure", path: "新目录" },
        { act: "remove", path: "../x" },
        { act: "remove", path: "materials" },
      ),
    ).toEqual([
      { done: "新目录" },
      { refused: "exists" },
      { done: "新目录/结果.txt" },
      { files: 1, folders: 1, bytes: 5 },
      { refused: "bad_path" },
      { refused: "not_found" },
    ]);
    expect(await names("新目录")).toEqual(["新目录/结果.txt"]);
  }, 60_000);

  it("serves a part of a file, and all of it when it has changed since", async () => {
    await putAll({ "part.txt": "0123456789" });
    const whole = await serve("part.txt");
    expect(whole.headers.get("accept-ranges")).toBe("bytes");
    expect(whole.headers.get("content-disposition")).toContain("attachment");
    const etag = whole.headers.get("etag") ?? "";
    await whole.body?.cancel();
    const part = await serve("part.txt", { range: "bytes=4-6", "if-range": etag });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
      206,
      "bytes 4-6/10",
      "456",
    ]);
    expect(await (await serve("part.txt", { range: "bytes=7-" })).text()).toBe("789");
    expect((await serve("part.txt", { range: "bytes=10-" })).status).toBe(416);
    const other = await serve("part.txt", { range: "bytes=4-", "if-range": '"other"' });
    expect([other.status, await other.text()]).toEqual([200, "0123456789"]);
    const named = await serve("数据/实验 🦊.bin");
    expect(named.headers.get("content-disposition")).toContain(
      `filename*=UTF-8''${encodeURIComponent("实验 🦊.bin")}`,
    );
    await named.body?.cancel();
  }, 60_000);

  it("judges a file by its bytes: pages and drawings that could run are text", async () => {
    const look = (path: string) => previewFile({ ctx, input: { attemptId, path } });
    const gbk = new Uint8Array([0xd0, 0xd5, 0xc3, 0xfb, 0x2c, 0xb7, 0xd6, 0xca, 0xfd]);
    const png = Uint8Array.from(
      Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex"),
    );
    await putAll({
      "page.html": "<script>alert(1)</script>",
      "drawing.svg": "<svg onload='alert(1)'/>",
      "成绩.csv": gbk,
      "not-named-so.txt": png,
      "paper.pdf": "%PDF-1.7\n",
      "raw.bin": new Uint8Array([0, 1, 2, 255, 0]),
    });
    expect(await look("page.html")).toMatchObject({ kind: "text", text: "<script>alert(1)</script>" });
    expect(await look("drawing.svg")).toMatchObject({ kind: "text" });
    expect(await look("成绩.csv")).toMatchObject({ kind: "text", text: "姓名,分数", encoding: "gb18030" });
    expect(await look("not-named-so.txt")).toEqual({ kind: "picture", size: png.byteLength });
    expect(await look("paper.pdf")).toMatchObject({ kind: "pdf" });
    expect(await look("raw.bin")).toMatchObject({ kind: "binary" });
    const picture = await serveView({ ctx, input: { attemptId, path: "not-named-so.txt" } });
    expect(picture.headers.get("content-type")).toBe("image/png");
    expect((await picture.arrayBuffer()).byteLength).toBe(png.byteLength);
    const paper = await serveView({ ctx, input: { attemptId, path: "paper.pdf" } });
    expect(paper.headers.get("content-type")).toBe("application/pdf");
    await paper.body?.cancel();
    const page = serveView({ ctx, input: { attemptId, path: "drawing.svg" } });
    await expect(page).rejects.toEqual(refused("conflict", "homefiles.noPicture"));
  }, 90_000);

  it("packs what is asked for, by its way from there, and lets go of a download that is given up", async () => {
    await change({ act: "makeFolder", path: "pack" }, { act: "makeFolder", path: "pack/empty" });
    await putAll({
      "pack/sub/二.txt": "2",
      "pack/一.txt": "1",
      "large.bin": new Uint8Array(8 * 1024 ** 2).map((_, i) => i * 7),
    });
    const pack = async (folder: string, ...chosen: string[]) => {
      const { name, content } = await archiveFiles({ ctx, input: { attemptId, folder, names: chosen } });
      return { name, files: await unzip(await buffer(content)) };
    };
    const one = await pack("", "pack");
    expect(one.name).toBe("pack.zip");
    expect([...one.files].map(([path, bytes]) => [path, bytes.toString()])).toEqual([
      ["pack/sub/二.txt", "2"],
      ["pack/一.txt", "1"],
    ]);
    expect([...(await pack("pack", "一.txt", "sub")).files.keys()]).toEqual(["一.txt", "sub/二.txt"]);
    expect([...(await pack("pack")).files.keys()]).toEqual(["pack/sub/二.txt", "pack/一.txt"]);
    expect((await pack("")).files.size).toBeGreaterThan(5);
    const way = archiveFiles({ ctx, input: { attemptId, folder: "..", names: [] } });
    await expect(way).rejects.toEqual(refused("not_found"));
    // Asked for at once, as by no page: two are packed, the others are told.
    const all = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        archiveFiles({ ctx, input: { attemptId, folder: "", names: ["pack"] } }),
      ),
    );
    for (const one of all) if (one.status === "fulfilled") await buffer(one.value.content);
    expect(all.filter((one) => one.status === "fulfilled")).toHaveLength(2);
    expect(all.filter((one) => one.status === "rejected").map(({ reason }) => reason.key)).toEqual(
      Array(6).fill("homefiles.archives"),
    );
    const given = await archiveFiles({ ctx, input: { attemptId, folder: "", names: ["large.bin"] } });
    const closed = new Promise((resolve) => given.content.once("close", resolve));
    given.content.once("data", () => given.content.destroy());
    await closed;
    expect((await pack("", "pack")).files.size).toBe(2);
  }, 90_000);

  it("lets staff look and never write, and others not even know", async () => {
    const input = { attemptId, path: "" };
    for (const actor of [world.teacher, world.assistant, world.admin]) {
      const by = as(actor, db);
      expect((await listFiles({ ctx: by, input })).entries.length).toBeGreaterThan(3);
      await (await serve("part.txt", {}, by)).body?.cancel();
      await expect(begin("x", 1, by)).rejects.toEqual(refused("not_found"));
      await expect(listUploads({ ctx: by, input })).rejects.toEqual(refused("not_found"));
      const acts = [{ act: "remove", path: "part.txt" }] as const;
      await expect(changeFiles({ ctx: by, input: { attemptId, changes: [...acts] } })).rejects.toEqual(
        refused("not_found"),
      );
      await expect(
        placeUploads({ ctx: by, input: { attemptId, uploads: [{ id: "x", onConflict: "replace" }] } }),
      ).rejects.toEqual(refused("not_found"));
    }
    for (const actor of [world.students[1] as UserActor, world.stranger, world.otherTeacher]) {
      const by = as(actor, db);
      await expect(listFiles({ ctx: by, input })).rejects.toEqual(refused("not_found"));
      await expect(serve("part.txt", {}, by)).rejects.toEqual(refused("not_found"));
      await expect(previewFile({ ctx: by, input: { attemptId, path: "part.txt" } })).rejects.toEqual(
        refused("not_found"),
      );
      await expect(archiveFiles({ ctx: by, input: { attemptId, folder: "", names: [] } })).rejects.toEqual(
        refused("not_found"),
      );
      await expect(begin("x", 1, by)).rejects.toEqual(refused("not_found"));
    }
  }, 60_000);

  it("sweeps what nobody went on with for a day, and nothing younger", async () => {
    const old = await begin("old.bin", 10);
    const young = await begin("young.bin", 10);
    const store = new UploadStore(attemptId);
    const before = new Date(Date.now() - 25 * 3_600_000);
    await utimes(store.place(old), before, before);
    expect(await pruneUploads({ ctx: system })).toBe(1);
    expect([existsSync(store.place(old)), existsSync(`${store.place(old)}.json`)]).toEqual([false, false]);
    const waiting = async () => (await listUploads({ ctx, input: { attemptId } })).map(({ id }) => id);
    expect(await waiting()).toContain(young);
    expect(await waiting()).not.toContain(old);
    expect((await tus("DELETE", {}, { id: young })).status).toBe(204);
    expect(await waiting()).not.toContain(young);
  });

  it("takes nothing while the home is being made anew, nor after the end", async () => {
    const set = (resetWanted: boolean) =>
      db.update(homes).set({ resetWanted }).where(eq(homes.userId, owner.id));
    await set(true);
    await expect(begin("x", 1)).rejects.toEqual(refused("conflict", "collections.beingSaved"));
    await set(false);
    await db.update(attempts).set({ state: "ended" }).where(eq(attempts.id, attemptId));
    await expect(begin("x", 1)).rejects.toEqual(refused("conflict", "attempts.ended"));
    await expect(change({ act: "remove", path: "part.txt" })).rejects.toEqual(
      refused("conflict", "attempts.ended"),
    );
    await db.update(attempts).set({ state: "open" }).where(eq(attempts.id, attemptId));
  });

  it("works on while the environment is paused, and after it was stopped", async () => {
    const works = async (name: string) => {
      expect(await putAll({ [name]: "written" })).toEqual([name]);
      expect(await (await serve(name)).text()).toBe("written");
      expect(
        await change({ act: "move", path: name, to: `${name}.old`, onConflict: "refuse" }),
      ).toMatchObject([{ done: `${name}.old` }]);
      expect(await names()).toContain(`${name}.old`);
    };
    await pauseWorkspace({ ctx, input: { workspaceId } });
    await works("paused.txt");
    await stopWorkspace({ ctx, input: { workspaceId } });
    await removeOutside({ ctx: system, input: { workspaceId } });
    await works("stopped.txt");
  }, 60_000);
});
