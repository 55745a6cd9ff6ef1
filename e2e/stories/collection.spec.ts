import { createHash } from "node:crypto";
import type { Page } from "@playwright/test";
import { eq } from "drizzle-orm";
import { database } from "@/db/client";
import { collections } from "@/db/schema";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { workspaceOf } from "../press-start";
import { runInside } from "../run-inside";
import { unzip } from "../unzip";
import { createWorld } from "../world";

test.afterEach(everybodyOut);

/** What a student can make in a container that is awkward, or hostile: made there, as the student. */
const makeHostile = String.raw`
import os, socket
os.chdir("/home/student")
def put(name, data=b"x"):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "wb") as file: file.write(data)
put("report/结果.txt", "四十二\n".encode())
put("main.py", b"print(42)\n"); os.chmod("main.py", 0o755)
for name in ("-rf", "$(id)", "a\nb", "evil\u202egpj.exe", "n" * 255): put(name)
put(b"bad\xff\xfe")
for name, target in {"passwd": "/etc/passwd", "root": "/", "up": "../../..", "inside": "main.py"}.items(): os.symlink(target, name)
os.link("main.py", "hard.py")
os.mkfifo("pipe"); socket.socket(socket.AF_UNIX).bind("socket")
put("secret"); os.chmod("secret", 0)
os.mkdir("closed"); put("closed/x"); os.chmod("closed", 0)
with open("sparse", "wb") as file: file.truncate(10 << 30)
put("big.bin", b"b" * (1 << 20) + b"b")
for i in range(30): put(f"node_modules/m{i}/index.js")
for i in range(12): put(f"cache/{i}.pyc")
for refused in (lambda: os.mknod("null", 0o20666, os.makedev(1, 3)), lambda: os.link("/etc/shadow", "shadow")):
    try: refused(); put("NOT-REFUSED")
    except OSError: pass
`;

const manifest = {
  "$(id)": "new",
  "-rf": "new",
  "a\\x0ab": "new",
  "bad\\xff\\xfe": "new",
  "big.bin": "too_large",
  cache: "excluded 12",
  closed: "unreadable",
  "evil\u202egpj.exe": "new",
  "hard.py": "new",
  inside: "symlink",
  "main.py": "new",
  ["n".repeat(255)]: "new",
  node_modules: "excluded 30",
  passwd: "symlink",
  pipe: "fifo",
  "report/结果.txt": "new",
  root: "symlink",
  secret: "unreadable",
  socket: "socket",
  sparse: "too_large",
  up: "symlink",
};

type Listed = {
  path: string;
  sha256: string | null;
  skipped: string | null;
  count: number | null;
  change: string | null;
};

/** Waits until the workspace of the page answers; gives its id. */
async function ready(page: Page): Promise<string> {
  await expect(page).toHaveURL(/\/workspaces\/\w{26}/);
  const id = workspaceOf(page);
  const state = async () =>
    ((await (await page.request.get(`/api/workspaces/${id}/screen`)).json()) as { state: string }).state;
  await expect.poll(state, { timeout: 120_000 }).toBe("ready");
  return id;
}

test("what is collected of a hostile home is exactly what its task and the platform allow", async ({
  page,
  login,
  browser,
}) => {
  test.setTimeout(360_000);
  const world = await createWorld(database(), { students: 1, task: { maxAttempts: 3 } });
  const { student } = world;

  await test.step("the teacher says what is not collected, in the form of the task", async () => {
    await login(world.teacher);
    await page.goto(`/teach/experiments/${world.experimentId}?tab=task`);
    await page.getByRole("button", { name: "不收集 node_modules" }).click();
    await page.getByRole("button", { name: "不收集 *.pyc" }).click();
    await page.getByLabel("单个文件上限").fill("700");
    await page.getByRole("button", { name: "保存环境设置" }).click();
    await expect(page.getByText("请填 1 到 500")).toBeVisible();
    await page.getByLabel("单个文件上限").fill("1");
    await page.getByRole("button", { name: "保存环境设置" }).click();
    await expect(page.getByText("环境设置已保存")).toBeVisible();
    await page.reload();
    await expect(page.getByRole("textbox", { name: "不收集" })).toHaveValue("node_modules\n*.pyc");
  });

  const context = await browser.newContext({ locale: "zh-CN" });
  const own = await context.newPage();
  await login(student, own);

  /** Starts, runs something inside as the student, and ends; gives the manifest of what was kept. */
  const work = async (script: string) => {
    await own.goto(`/experiments/${world.experimentId}`);
    await own.getByRole("button", { name: /开始实验|再做一次/ }).click();
    await expect(own).toHaveURL(/\/workspaces\/\w{26}/);
    const workspaceId = await ready(own);
    expect(
      await runInside(workspaceId, `cat > /tmp/made.py <<'EOS'\n${script}\nEOS\npython3 /tmp/made.py`),
    ).toBe("");
    const screen = await own.request.get(`/api/workspaces/${workspaceId}/screen`);
    const attemptId = ((await screen.json()) as { attempt: { id: string } }).attempt.id;
    await own.getByRole("button", { name: "结束实验" }).click();
    await own.getByRole("alertdialog").getByRole("button", { name: "结束实验" }).click();
    const rowOf = async () =>
      (await database().select().from(collections).where(eq(collections.final, attemptId)))[0];
    await expect.poll(async () => (await rowOf())?.state, { timeout: 60_000 }).toBe("done");
    const id = (await rowOf())?.id ?? "";
    const answer = await own.request.get(`/api/collections/${id}`);
    return { id, attemptId, files: ((await answer.json()) as { files: Listed[] }).files };
  };

  const first = await test.step("the student makes every odd file there is, and ends", () =>
    work(makeHostile));

  await test.step("the manifest is exact, and every hash is that of the bytes that come back", async () => {
    const seen = Object.fromEntries(
      first.files
        // What JupyterLab keeps for itself is not the matter here.
        .filter(({ skipped }) => skipped !== "cache")
        .map(({ path, skipped, count, change }) => [
          path,
          skipped === null ? change : (count ?? 1) > 1 ? `${skipped} ${count}` : skipped,
        ]),
    );
    expect(seen).toEqual(manifest);
    const zip = await own.request.get(`/api/attempts/${first.attemptId}/collected`);
    const hashes = [...(await unzip(await zip.body())).values()].map((bytes) =>
      createHash("sha256").update(bytes).digest("hex"),
    );
    const kept = first.files.flatMap(({ sha256 }) => (sha256 ? [sha256] : []));
    expect(hashes.toSorted()).toEqual(kept.toSorted());
  });

  const second = await test.step("a second attempt", () =>
    work(
      'open("/home/student/main.py", "a").write("# more\\n")\nopen("/home/student/new.txt", "w").write("new")',
    ));

  await test.step("its page shows what changed since the start, and so does the ZIP", async () => {
    const changes = Object.fromEntries(second.files.map(({ path, change }) => [path, change]));
    expect(changes).toMatchObject({
      "main.py": "changed",
      "hard.py": "changed",
      "new.txt": "new",
      "report/结果.txt": "same",
    });
    await own.goto(`/experiments/${world.experimentId}`);
    const list = own.getByRole("listitem");
    await expect(list.filter({ hasText: "new.txt" }).last()).toContainText("新增");
    await expect(list.filter({ hasText: "main.py" }).last()).toContainText("有改动");
    await expect(own.getByText("report/结果.txt")).toBeHidden();
    await own.getByRole("switch", { name: /只看有变化的/ }).click();
    await expect(own.getByText("report/结果.txt")).toBeVisible();
    const zip = await own.request.get(`/api/attempts/${second.attemptId}/collected?only=changed`);
    const names = [...(await unzip(await zip.body())).keys()].map((name) => name.split("/").at(-1));
    expect(names.toSorted()).toEqual(["hard.py", "main.py", "new.txt"]);
  });

  await test.step("one that failed says why, to the student and the teacher; another try saves it", async () => {
    const { id } = second;
    await database()
      .update(collections)
      .set({ state: "failed", tries: 5, cause: "homeDamaged" })
      .where(eq(collections.id, id));
    await page.goto(`/teach/experiments/${world.experimentId}/live`);
    await expect(page.getByText("保存失败").filter({ visible: true })).toBeVisible();
    await expect(page.getByText("需要管理员修复后才能保存").first()).toBeAttached();
    await own.goto(`/experiments/${world.experimentId}`);
    await expect(own.getByText("需要管理员修复后才能保存")).toBeVisible();
    await own.getByRole("button", { name: "重新保存" }).click();
    await expect(own.getByText("需要管理员修复后才能保存")).toBeHidden({ timeout: 30_000 });
    const row = async () => (await database().select().from(collections).where(eq(collections.id, id)))[0];
    await expect.poll(async () => (await row())?.state, { timeout: 30_000 }).toBe("done");
    expect(await row()).toMatchObject({
      cause: null,
      files: second.files.filter((file) => file.sha256).length,
    });
  });
  await context.close();
});
