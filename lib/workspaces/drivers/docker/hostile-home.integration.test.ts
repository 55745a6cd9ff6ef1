import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { HomedSpec } from "../contract";
import { dockerDriver as driver } from "./driver";
import { inWorkspace, newHome, newSpec, removeEverything, startWorkspace, testHost, whole } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-driver-${process.pid}`;
});

// What a student who wishes us ill leaves behind, made inside the container that the product started.
const makeHostile = String.raw`
import os, socket
os.chdir("/home/student")
def put(name, data=b"x"):
    with open(name, "wb") as file: file.write(data)
put("good.txt", b"my work\n")
os.remove("materials")
links = {"materials": "/etc", "etc": "/etc", "shadow": "/etc/shadow", "root": "/", "up": "../../..", "self": "self",
         "proc": "/proc/self/root", "dangling": "/nowhere", "inside": "good.txt"}
for name, target in links.items(): os.symlink(target, name)
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("socket")
os.link("good.txt", "hard.txt")
put(b"bad\xff\xfe"); put("new\nline"); put("back\\x41slash"); put("-rf"); put("$(id)"); put(" "); put("n" * 255)
for refused in (lambda: os.link("/etc/passwd", "passwd"), lambda: os.mknod("null", 0o20666, os.makedev(1, 3)),
                lambda: os.mknod("disk", 0o60666, os.makedev(7, 0))):
    try: refused(); put("REFUSED-NOT")
    except OSError: pass
put("secret"); os.chmod("secret", 0)
os.mkdir("closed"); put("closed/x"); os.chmod("closed", 0)
with open("sparse", "wb") as file: file.truncate(10 << 30)
put("large", b"l" * 3_000_000)
os.mkdir("swap"); put("swap/passwd", b"mine")
deep = "deep"
for _ in range(100): os.mkdir(deep); deep += "/d"
os.makedirs("dir/sub"); os.symlink("/etc", "dir/sub/etc")
`;

const host = testHost();
let spec: HomedSpec;

beforeAll(async () => {
  spec = newSpec(newHome(host));
  await startWorkspace(spec);
  const made = await inWorkspace(spec, `cat > /tmp/h.py <<'EOS'\n${makeHostile}\nEOS\npython3 /tmp/h.py`);
  expect(made).toEqual({ code: 0, text: "" });
});
afterAll(async () => removeEverything(host));

it("lists what is real, and no link, pipe or socket", async () => {
  const names = (await driver.listFiles(spec.home, spec.id, "")).entries.map((entry) => entry.path);
  expect(names).toEqual(
    expect.arrayContaining(["good.txt", "hard.txt", "deep", "closed", "-rf", "$(id)", " "]),
  );
  expect(names).toEqual(expect.arrayContaining(["bad\\xff\\xfe", "new\\x0aline", "back\\x5cx41slash"]));
  for (const name of [
    "materials",
    "etc",
    "shadow",
    "root",
    "up",
    "pipe",
    "socket",
    "passwd",
    "null",
    "disk",
  ]) {
    expect(names).not.toContain(name);
  }
  expect(names).not.toContain("REFUSED-NOT");
});

it("gives every odd name its own file back", async () => {
  const odd = ["bad\\xff\\xfe", "new\\x0aline", "back\\x5cx41slash", "-rf", "$(id)", " ", "n".repeat(255)];
  const readOne = async (path: string) => {
    const { content } = await driver.readFile(spec.home, spec.id, path);
    expect((await whole(content)).toString(), path).toBe("x");
  };
  await Promise.all(odd.map(readOne));
});

it("answers not found to every way out of the home, without waiting", async () => {
  const ways = [
    "shadow",
    "etc/passwd",
    "materials/passwd",
    "root/etc/passwd",
    "up/etc/passwd",
    "proc/etc/passwd",
    "inside",
    "self",
    "dangling",
    "dir/sub/etc/passwd",
    "../../etc/passwd",
    "..",
    ".",
    "",
    "/etc/passwd",
    "dir/../good.txt",
    "dir//sub",
    "pipe",
    "socket",
    "secret",
    "closed/x",
    "dir",
    "nothing",
    "\\x2e\\x2e/x",
    "good.txt/x",
    "a".repeat(300),
  ];
  const tryOne = async (path: string) => {
    const found = await driver.readFile(spec.home, spec.id, path).catch((error: unknown) => error);
    expect(found, path).toMatchObject({ code: "not_found" });
  };
  while (ways.length > 0) await Promise.all(ways.splice(0, 6).map(tryOne));
  const doors = ["etc", "materials", "root", "up", "closed", "dir/sub/etc", "..", "good.txt", "self"];
  const listOne = async (path: string) =>
    expect(driver.listFiles(spec.home, spec.id, path), path).rejects.toMatchObject({ code: "not_found" });
  while (doors.length > 0) await Promise.all(doors.splice(0, 5).map(listOne));
}, 120_000);

it("never follows a directory that turns into a link while it is read", async () => {
  const swap = "mv swap s2; ln -s /etc swap; rm swap; mv s2 swap";
  const racing = inWorkspace(spec, `cd; while [ ! -e /tmp/stop ]; do ${swap}; done`, 90_000);
  for (let i = 0; i < 6; i++) {
    const text = await driver.readFile(spec.home, spec.id, "swap/passwd").then(
      async ({ content }) => (await whole(content)).toString(),
      () => "mine",
    );
    expect(text).toBe("mine");
  }
  await inWorkspace(spec, "touch /tmp/stop");
  expect((await racing).text).toBe("");
}, 120_000);

it("moves and removes nothing beyond a link, also one that a directory turns into meanwhile", async () => {
  const acts = [
    "etc/x",
    "root/tmp/x",
    "up/x",
    "proc/tmp/x",
    "self/x",
    "dir/sub/etc/x",
    "../x",
    "/tmp/x",
    "pipe",
    "etc",
  ];
  const answers = await driver.changeFiles(
    spec.home,
    spec.id,
    acts.flatMap((path) => [
      { act: "move", path: "good.txt", to: path, onConflict: "refuse" } as const,
      { act: "move", path, to: "stolen", onConflict: "replace" } as const,
      { act: "remove", path } as const,
      { act: "makeFolder", path } as const,
      { act: "measure", path } as const,
    ]),
  );
  for (const answer of answers) expect(answer).toHaveProperty("refused");

  const swap = "mv swap s2; ln -s /tmp/outside swap; rm swap; mv s2 swap";
  await inWorkspace(spec, "mkdir /tmp/outside; echo kept > /tmp/outside/passwd");
  const racing = inWorkspace(spec, `cd; rm -f /tmp/stop; while [ ! -e /tmp/stop ]; do ${swap}; done`, 90_000);
  for (let i = 0; i < 4; i++) {
    await driver.changeFiles(spec.home, spec.id, [
      { act: "move", path: "good.txt", to: "swap/moved", onConflict: "replace" },
      { act: "move", path: "swap/moved", to: "good.txt", onConflict: "replace" },
      { act: "makeFolder", path: "swap/new" },
      { act: "remove", path: "swap/new" },
      { act: "remove", path: "swap/passwd" },
    ]);
  }
  await inWorkspace(spec, "touch /tmp/stop");
  expect((await racing).text).toBe("");
  const seen = await inWorkspace(
    spec,
    "cat /tmp/outside/*; cd; printf mine > swap/passwd; mv swap/moved good.txt 2>/dev/null; cat good.txt",
  );
  expect(seen.text).toBe("kept\nmy work\n");
}, 120_000);

it("removes a folder with everything hostile in it, and nothing that its links lead to", async () => {
  const { text } = await inWorkspace(
    spec,
    "cd; mkdir -p gone/sub; ln -s /tmp/outside gone/out; ln -s ../../dir gone/sub/dir; mkfifo gone/pipe; ln good.txt gone/hard; cp -a deep gone/; mkdir gone/closed; touch gone/closed/x; chmod 0 gone/closed",
  );
  expect(text).toBe("");
  const [count, done] = await driver.changeFiles(spec.home, spec.id, [
    { act: "measure", path: "gone" },
    { act: "remove", path: "gone" },
  ]);
  expect(count).toHaveProperty("files");
  expect(done).toEqual({ done: "gone" });
  // Nothing on the second stream: the engine may put it in the middle of the first.
  const left = await inWorkspace(
    spec,
    "cd; ls -d gone 2>&-; cat /tmp/outside/passwd good.txt; ls -d dir/sub",
  );
  expect(left.text).toBe("kept\nmy work\ndir/sub\n");
});

it("packs what is real, and tells of the rest by name", async () => {
  const packed = new Map<string, string>();
  const limits = { totalBytes: 10_000_000, files: 500 };
  for await (const one of driver.packFiles(
    spec.home,
    spec.id,
    ["dir", "closed", "sparse", "etc", "bad\\xff\\xfe"],
    limits,
  )) {
    if ("content" in one) packed.set(one.path, (await whole(one.content)).toString());
    else if ("skipped" in one) packed.set(one.path, `- ${one.skipped}`);
  }
  expect(Object.fromEntries(packed)).toEqual({
    "dir/sub/etc": "- symlink",
    closed: "- unreadable",
    sparse: "- total_too_large",
    etc: "- symlink",
    "bad\\xff\\xfe": "x",
  });
});

it("collects what is the student's and says why of the rest", async () => {
  await driver.destroy(spec);
  const taken = new Map<string, string>();
  const left = new Map<string, string>();
  const limits = { fileBytes: 2_000_000, totalBytes: 10_000_000, files: 500 };
  for await (const one of driver.collect(spec.home, limits)) {
    if ("skipped" in one) left.set(one.path, one.skipped);
    else taken.set(one.path, (await whole(one.content)).toString());
  }
  expect(taken.get("good.txt")).toBe("my work\n");
  expect(taken.get("hard.txt")).toBe("my work\n");
  expect(taken.get("bad\\xff\\xfe")).toBe("x");
  expect(taken.get("swap/passwd")).toBe("mine");
  expect([...taken.values()].join("")).not.toContain("root:");
  expect(Object.fromEntries(left)).toMatchObject({
    materials: "symlink",
    etc: "symlink",
    shadow: "symlink",
    root: "symlink",
    inside: "symlink",
    "dir/sub/etc": "symlink",
    pipe: "fifo",
    socket: "socket",
    secret: "unreadable",
    closed: "unreadable",
    sparse: "too_large",
    large: "too_large",
  });
  expect([...left.values()]).toContain("too_deep");
});

it("stops at its limits, and a caller may leave files unread", async () => {
  const seen = [];
  for await (const one of driver.collect(spec.home, {
    fileBytes: 5_000_000,
    totalBytes: 3_000_100,
    files: 6,
  })) {
    seen.push("skipped" in one ? one.skipped : one.path);
  }
  expect(seen.filter((one) => one === "too_many").length).toBeGreaterThan(0);
  for await (const one of driver.collect(spec.home, { fileBytes: 5_000_000, totalBytes: 5e7, files: 600 })) {
    if ("content" in one && one.path === "large") {
      one.content.once("data", () => one.content.destroy());
      break;
    }
  }
  // A reader that was left half-way is gone, and with it its sight of the home.
  const { content } = await driver.readFile(spec.home, null, "large");
  content.destroy();
  await vi.waitFor(async () => driver.removeHome(spec.home), { timeout: 10_000, interval: 300 });
});
