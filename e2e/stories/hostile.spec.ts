import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext, Frame, Page } from "@playwright/test";
import { and, eq, isNotNull, notInArray, sql } from "drizzle-orm";
import { closeDatabase, database } from "@/db/client";
import { sessions, tasks, userRoles, workspaces } from "@/db/schema";
import { endAttempt, startTask } from "@/lib/attempts";
import type { UserActor } from "@/lib/platform/context";
import { sha256 } from "@/lib/platform/crypto";
import { newId } from "@/lib/platform/ids";
import { originOf } from "@/lib/platform/origins";
import { workspaceRoute } from "@/lib/workspaces";
import { actionId } from "../action-id";
import { ask } from "../ask";
import { engine } from "../containers";
import { expect, sessionCookieOf, test } from "../fixtures";
import { tableHashes } from "../table-hashes";
import { unzip } from "../unzip";
import { as, createWorld, type World } from "../world";

/**
 * What a hostile page in a workspace can do to the person who looks at it. The person is a student with two
 * workspaces who is an administrator as well: whoever got hold of their session would have everything. The oracle
 * is the other side: rows, the sibling's Jupyter, the attacker's own log.
 */
test.describe.configure({ mode: "serial" });

type Place = { workspaceId: string; attemptId: string; origin: string; label: string };
let app: string;
let world: World;
let person: UserActor;
let context: BrowserContext;
let page: Page;
let mine: Place;
let sibling: Place;
/** The attacker's own site, and what reached it. */
let evil: Server;
let evilUrl: string;
const evilLog: { url: string; cookie: string | undefined }[] = [];

test.beforeAll(async ({ browser, baseURL }) => {
  test.setTimeout(240_000);
  app = baseURL ?? "";
  evil = createServer((req, res) => {
    evilLog.push({ url: req.url ?? "", cookie: req.headers.cookie });
    res.setHeader("Content-Type", "text/html");
    res.end("<title>evil</title>");
  }).listen(0, "127.0.0.1");
  await once(evil, "listening");
  evilUrl = `http://evil.localhost:${(evil.address() as AddressInfo).port}`;

  const db = database();
  world = await createWorld(db, { students: 1 });
  const { student } = world;
  person = student;
  await db.insert(userRoles).values({ userId: person.id, role: "superadmin" });
  const [first] = await db.select().from(tasks).where(eq(tasks.id, world.taskId));
  if (!first) throw new Error("a world of one task");
  const second = { ...first, id: newId(), position: 2 };
  await db.insert(tasks).values(second);
  mine = await start(first.id);
  sibling = await start(second.id);

  context = await browser.newContext({ locale: "zh-CN" });
  await context.addCookies([await sessionCookieOf(person)]);
  page = await context.newPage();
  const other = await context.newPage();
  await Promise.all([openLab(page, mine), openLab(other, sibling)]);
});

test.afterAll(async () => {
  await context?.close();
  evil?.close();
  // The service takes away what it started: container, mount and all.
  for (const place of [mine, sibling])
    if (place) await endAttempt({ ctx: as(person, database()), input: { attemptId: place.attemptId } });
  const left = () =>
    database()
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(
        and(eq(workspaces.userId, person?.id ?? ""), notInArray(workspaces.state, ["stopped", "failed"])),
      );
  await expect.poll(left, { timeout: 60_000 }).toEqual([]);
  await closeDatabase();
});

async function start(taskId: string): Promise<Place> {
  const ctx = as(person, database());
  const { workspaceId, attemptId } = await startTask({ ctx, input: { taskId } });
  const [row] = await ctx.db.select().from(workspaces).where(eq(workspaces.id, workspaceId));
  const label = row?.label ?? "";
  return { workspaceId, attemptId, label, origin: originOf(label) };
}

async function openLab(on: Page, place: Place): Promise<void> {
  await on.goto(`/workspaces/${place.workspaceId}`);
  await expect(on.frameLocator("main iframe").locator(".jp-Launcher")).toBeVisible({ timeout: 180_000 });
}

const labOf = (on: Page, place: Place): Frame => {
  const frame = on.frames().find((one) => one.url().startsWith(place.origin));
  if (!frame) throw new Error(`no frame of ${place.origin} among ${on.frames().map((one) => one.url())}`);
  return frame;
};

/** Jupyter's own API of a workspace, past the proxy, as only the service can. */
async function inside<T>(place: Place, path: string, init: RequestInit = {}): Promise<T> {
  const route = await workspaceRoute(database(), place.workspaceId);
  if (!route?.address) throw new Error("the workspace is not ready");
  const headers = { authorization: `token ${route.secret}`, "content-type": "application/json" };
  const answer = await fetch(`http://${route.address}${path}`, { ...init, headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

const terminals = async (place: Place) => (await inside<{ name: string }[]>(place, "/api/terminals")).length;
const files = async (place: Place) =>
  (await inside<{ content: { name: string }[] }>(place, "/api/contents")).content
    .map(({ name }) => name)
    .sort();

const tables =
  "users user_roles roles settings courses course_members classes enrolments templates template_versions experiments tasks assignments attachments files attempts tickets grants collections audit_log";

async function everything(): Promise<Record<string, unknown>> {
  const db = database();
  const wanted = await db
    .select({ id: workspaces.id, desired: workspaces.desired, state: workspaces.state })
    .from(workspaces);
  const ended = await db.select({ id: sessions.id }).from(sessions).where(isNotNull(sessions.endedAt));
  return { ...(await tableHashes(tables.split(" "))), wanted, ended };
}

/** Whether the person's own tab still is who it was, and where it was. */
async function stillSignedIn(): Promise<void> {
  const answer = await page.evaluate(async () => {
    const response = await fetch("/api/events?topics=user:me", { headers: { accept: "text/event-stream" } });
    await response.body?.cancel();
    return response.status;
  });
  expect(answer, "the session still holds").toBe(200);
  expect(page.url()).toBe(`${app}/workspaces/${mine.workspaceId}`);
}

/** An attack must leave both sides as they were. */
async function nothingHappens(attack: () => Promise<void>): Promise<void> {
  const before = {
    rows: await everything(),
    terminals: await terminals(sibling),
    files: await files(sibling),
  };
  await attack();
  expect(await everything()).toEqual(before.rows);
  expect(await terminals(sibling), "terminals of the sibling").toBe(before.terminals);
  expect(await files(sibling), "files of the sibling").toEqual(before.files);
  await stillSignedIn();
}

type Forged = { action: string; enctype: string; fields: [string, string][] };

/** Forms that do something when the app's own page sends them: an action by its id, and the sign-in. */
function forgeries(): Forged[] {
  const bound = (action: string, args: unknown[]): [string, string][] => [
    ["$ACTION_REF_1", ""],
    ["$ACTION_1:0", JSON.stringify({ id: actionId(action), bound: "$@1" })],
    ["$ACTION_1:1", JSON.stringify(args)],
  ];
  const multipart = "multipart/form-data";
  const intruder = {
    username: `intruder-${newId().slice(-8).toLowerCase()}`,
    name: "intruder",
    roles: ["superadmin"],
  };
  return [
    {
      action: `${app}/account`,
      enctype: multipart,
      fields: [[`$ACTION_ID_${actionId("lib/accounts/actions.ts#signOutAction")}`, ""]],
    },
    {
      action: `${app}/admin/users`,
      enctype: multipart,
      fields: bound("lib/accounts/actions.ts#createUserAction", [intruder]),
    },
    {
      action: `${app}/admin/workspaces`,
      enctype: multipart,
      fields: bound("lib/workspaces/actions.ts#stopWorkspaceAction", [{ workspaceId: sibling.workspaceId }]),
    },
    {
      action: `${app}/api/consoles/tickets`,
      enctype: "text/plain",
      fields: [[`{"workspaceId":"${sibling.workspaceId}","mode":"use","x":"`, `"}`]],
    },
    {
      action: `${app}/api/auth/callback/credentials`,
      enctype: "application/x-www-form-urlencoded",
      fields: [
        ["username", "attacker"],
        ["password", "attacker"],
      ],
    },
    { action: `${sibling.origin}/api/terminals`, enctype: "text/plain", fields: [["{}", ""]] },
    {
      action: `${sibling.origin}/api/contents`,
      enctype: "text/plain",
      fields: [[`{"type":"notebook","x":"`, `"}`]],
    },
  ];
}

test("the page's own requests work: what follows is refused, not dead", async () => {
  const lab = labOf(page, mine);
  const before = await terminals(mine);
  const made = await lab.evaluate(async () => {
    const answer = await fetch("/api/terminals", { method: "POST", body: "{}" });
    return { status: answer.status, body: (await answer.json()) as { name: string } };
  });
  expect(made.status, "a workspace's own page makes a terminal").toBe(200);
  expect(await terminals(mine)).toBe(before + 1);
  // And the app's own page gets a ticket by the request that the hostile page will try.
  const ticket = await page.evaluate(async (workspaceId) => {
    const body = JSON.stringify({ workspaceId, mode: "use" });
    return (await fetch("/api/consoles/tickets", { method: "POST", body })).status;
  }, sibling.workspaceId);
  expect(ticket).toBe(200);
  const intruders = async () => {
    const [rows] = await database().execute(
      sql.raw("SELECT count(*) AS n FROM users WHERE name = 'intruder'"),
    );
    return (rows as unknown as { n: number }[])[0]?.n ?? 0;
  };
  const known = await intruders();
  const [create] = forgeries().slice(1, 2);
  const form = create?.fields.map(([name, value]) => [name, value] as [string, string]) ?? [];
  const status = await page.evaluate(
    async ([action, fields]) => {
      const body = new FormData();
      for (const [name, value] of fields) body.append(name, value);
      return (await fetch(action, { method: "POST", body })).status;
    },
    [create?.action ?? "", form] as const,
  );
  expect(status).toBe(200);
  expect(await intruders(), "the forged form, sent by the app itself, makes a user").toBe(known + 1);
});

test("requests to the app and to a sibling", async () => {
  await nothingHappens(async () => {
    const seen = await labOf(page, mine).evaluate(
      async ({ targets, workspaceId }) => {
        const outcome = async (work: Promise<Response>) =>
          work.then(
            (answer) =>
              answer.type === "opaque" || answer.type === "opaqueredirect"
                ? "opaque"
                : `read ${answer.status}`,
            () => "refused",
          );
        const seen: string[] = [];
        for (const { origin, reads, writes } of targets) {
          for (const path of reads) {
            seen.push(await outcome(fetch(origin + path, { credentials: "include" })));
            seen.push(await outcome(fetch(origin + path, { credentials: "include", mode: "no-cors" })));
          }
          for (const path of writes) {
            for (const method of ["POST", "PUT", "DELETE", "PATCH"])
              seen.push(
                await outcome(
                  fetch(origin + path, {
                    method,
                    credentials: "include",
                    body: method === "DELETE" ? null : "{}",
                  }),
                ),
              );
            for (const body of [
              "{}",
              JSON.stringify({ workspaceId, mode: "use" }),
              JSON.stringify({ type: "file", content: "x" }),
            ])
              seen.push(
                await outcome(
                  fetch(origin + path, { method: "POST", credentials: "include", mode: "no-cors", body }),
                ),
              );
            navigator.sendBeacon(origin + path, "{}");
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
        return seen.filter((one) => one.startsWith("read"));
      },
      {
        workspaceId: sibling.workspaceId,
        targets: [
          {
            origin: app,
            reads: [
              "/account",
              "/admin/users",
              "/api/events?topics=user:me",
              `/api/workspaces/${sibling.workspaceId}/screen`,
            ],
            writes: ["/api/consoles/tickets", "/account", "/api/inngest", "/api/auth/callback/credentials"],
          },
          {
            origin: sibling.origin,
            reads: ["/api/contents", "/api/terminals", "/lab"],
            writes: [
              "/api/terminals",
              "/api/contents",
              "/api/kernels",
              "/api/sessions",
              "/api/contents/x.txt",
            ],
          },
        ],
      },
    );
    expect(seen, "answers that the hostile page could read").toEqual([]);
  });
});

test("forms in its frame, in frames of its own and in new windows", async () => {
  await nothingHappens(async () => {
    const before = context.pages().length;
    for (const target of ["_blank", "inner"]) {
      for (const forged of forgeries()) {
        await labOf(page, mine).evaluate(
          ({ action, enctype, fields, into }) => {
            if (into === "inner" && !document.querySelector("iframe[name=inner]"))
              document.body.append(Object.assign(document.createElement("iframe"), { name: "inner" }));
            const form = Object.assign(document.createElement("form"), {
              method: "post",
              action,
              enctype,
              target: into,
            });
            for (const [name, value] of fields)
              form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
            document.body.append(form);
            form.submit();
            form.remove();
          },
          { ...forged, into: target },
        );
        await page.waitForTimeout(150);
      }
    }
    await expect.poll(() => context.pages().length, { timeout: 10_000 }).toBeGreaterThan(before);
    for (const opened of context.pages().slice(before)) {
      await opened.waitForLoadState().catch(() => undefined);
      await opened.close();
    }
  });
});

test("windows: opening the app, steering the page around it, reaching back", async () => {
  await nothingHappens(async () => {
    const lab = labOf(page, mine);
    const steered = await lab.evaluate((url) => {
      const tries: Record<string, string> = {};
      const attempt = (name: string, work: () => unknown) => {
        try {
          tries[name] = String(work()) || "done";
        } catch (error) {
          tries[name] = error instanceof Error ? error.name : "thrown";
        }
      };
      attempt("top document", () => window.top?.document.title);
      attempt("parent document", () => parent.document.cookie);
      attempt("steer top", () => {
        if (window.top) window.top.location.href = url;
        return "asked";
      });
      attempt("steer by link", () => {
        const link = Object.assign(document.createElement("a"), { href: url, target: "_top" });
        document.body.append(link);
        link.click();
        link.remove();
        return "asked";
      });
      return tries;
    }, evilUrl);
    expect(steered).toMatchObject({ "top document": "SecurityError", "parent document": "SecurityError" });
    await page.waitForTimeout(500);
    expect(page.url(), "the page around it was not steered away").toBe(
      `${app}/workspaces/${mine.workspaceId}`,
    );

    // A window of the app, where the person is signed in after a hop of the app's own: nothing can be read of it.
    const [popup] = await Promise.all([
      context.waitForEvent("page"),
      lab.evaluate((url) => {
        Object.assign(window, { popup: window.open(url) });
      }, `${app}/account`),
    ]);
    await popup.waitForURL(`${app}/account`);
    await popup.waitForLoadState();
    const readable = await lab.evaluate(() => {
      try {
        return (window as unknown as { popup: Window }).popup.document.title;
      } catch (error) {
        return error instanceof Error ? error.name : "thrown";
      }
    });
    // COOP of the page around the frame: the opener gets no handle at all.
    expect(["SecurityError", "TypeError"]).toContain(readable);
    expect(
      await popup.evaluate(() => window.opener),
      "the app's window does not know who opened it",
    ).toBeNull();
    await popup.close();

    // A window that escapes the sandbox must not steer what opened it, either.
    const [escaped] = await Promise.all([
      context.waitForEvent("page"),
      lab.evaluate(() => {
        window.open("/api/contents");
      }),
    ]);
    await escaped.waitForLoadState();
    await escaped.evaluate((url) => {
      try {
        if (window.opener?.top) window.opener.top.location.href = url;
      } catch {}
    }, evilUrl);
    await escaped.waitForTimeout(500);
    await escaped.close();
  });
});

test("cookies planted and evicted", async () => {
  const sessionOf = async () =>
    (await context.cookies(app)).find(({ name }) => name.endsWith("labyard-session"))?.value;
  const before = await sessionOf();
  expect(before).toBeTruthy();
  await nothingHappens(async () => {
    await labOf(page, mine).evaluate(() => {
      const plant = (line: string) => {
        // biome-ignore lint/suspicious/noDocumentCookie: it is what is tried
        document.cookie = line;
      };
      const names = [
        "__Host-Http-labyard-session",
        "__Host-labyard-session",
        "labyard-session",
        "__Secure-next-auth.session-token",
      ];
      for (const name of names)
        for (const rest of [
          "",
          "; domain=localhost",
          "; domain=.localhost",
          "; path=/; secure",
          "; domain=localhost; path=/; secure",
        ])
          plant(`${name}=planted${rest}`);
      for (let i = 0; i < 300; i++) plant(`filler${i}=${"x".repeat(100)}; domain=localhost; path=/`);
      for (let i = 0; i < 300; i++) plant(`own${i}=${"x".repeat(10)}; path=/`);
    });
    // From a window of its own, where its cookies are not those of a frame.
    const [own] = await Promise.all([
      context.waitForEvent("page"),
      labOf(page, mine).evaluate(() => {
        window.open("/api/contents");
      }),
    ]);
    await own.waitForLoadState();
    await own.evaluate(() => {
      const plant = (line: string) => {
        // biome-ignore lint/suspicious/noDocumentCookie: it is what is tried
        document.cookie = line;
      };
      for (const domain of ["", "; domain=localhost", "; domain=.localhost"]) {
        plant(`__Host-Http-labyard-session=planted; path=/; secure${domain}`);
        plant(`labyard-session=planted; path=/${domain}`);
        for (let i = 0; i < 250; i++) plant(`filler${i}=${"x".repeat(60)}; path=/${domain}`);
      }
    });
    await own.close();
    const planted = (await context.cookies(app)).filter(({ value }) => value.startsWith("planted"));
    expect(planted, "cookies that reached the app").toEqual([]);
  });
  expect(await sessionOf(), "the session's cookie is the one that it was").toBe(before);
  const again = await context.newPage();
  await again.goto(`${app}/account`);
  await expect(again).toHaveURL(`${app}/account`);
  await again.close();
});

test("service workers and WebSockets", async () => {
  await inside(mine, "/api/contents/sw.js", {
    method: "PUT",
    body: JSON.stringify({ type: "file", format: "text", content: "onfetch = () => {};" }),
  });
  await nothingHappens(async () => {
    const seen = await labOf(page, mine).evaluate(
      async ({ sockets, own }) => {
        const outcome = (url: string) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(url);
            socket.onopen = () => {
              resolve("open");
              socket.close();
            };
            socket.onerror = () => resolve("refused");
            setTimeout(() => resolve("silent"), 5_000);
          });
        const worker = await navigator.serviceWorker.register("/files/sw.js").then(
          () => "registered",
          (error: Error) => error.name,
        );
        return { worker, foreign: await Promise.all(sockets.map(outcome)), own: await outcome(own) };
      },
      {
        sockets: [
          `${app.replace("http", "ws")}/api/events`,
          `${app.replace("http", "ws")}/`,
          `${sibling.origin.replace("http", "ws")}/api/events/subscribe`,
          `${sibling.origin.replace("http", "ws")}/terminals/websocket/1`,
        ],
        own: `${mine.origin.replace("http", "ws")}/api/events/subscribe`,
      },
    );
    expect(seen.worker).not.toBe("registered");
    expect(seen.foreign).toEqual(["refused", "refused", "refused", "refused"]);
    expect(seen.own, "its own WebSocket does open").toBe("open");
  });
});

test("a notebook that was saved with hostile output, and one that runs it", async () => {
  const html = `
    <script>window.ranSaved = 1; fetch(${JSON.stringify(app)} + "/api/consoles/tickets", {method: "POST", mode: "no-cors", credentials: "include", body: "{}"})</script>
    <img src="x" onerror="window.ranSaved = 1">
    <svg onload="window.ranSaved = 1"><script>window.ranSaved = 1</script></svg>
    <form action="${app}/account" method="post"><button id="hostile-form">continue</button></form>
    <button id="hostile-linker" data-commandlinker-command="terminal:create-new" data-commandlinker-args="{}">open</button>
    <a id="hostile-link" href="javascript:window.ranSaved=1">click</a><p>hostile output is here</p>`;
  const attack = `<script>window.ranLive = 1; fetch("${app}/api/consoles/tickets", {method: "POST", mode: "no-cors", credentials: "include", body: JSON.stringify({workspaceId: "${sibling.workspaceId}", mode: "use"})}); fetch("${sibling.origin}/api/terminals", {method: "POST", mode: "no-cors", credentials: "include", body: "{}"}); top.location = "${evilUrl}"</script><p>live output is here</p>`;
  const cell = (source: string, outputs: unknown[]) => ({
    cell_type: "code",
    execution_count: null,
    id: newId().toLowerCase(),
    metadata: {},
    source,
    outputs,
  });
  const saved = {
    output_type: "display_data",
    metadata: {},
    data: {
      "text/html": html,
      "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" onload="window.ranSaved=1"></svg>',
    },
  };
  const content = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
    cells: [
      { ...cell("# saved", []), outputs: [saved] },
      cell(`from IPython.display import HTML, display\ndisplay(HTML(${JSON.stringify(attack)}))`, []),
    ],
  };
  await inside(mine, "/api/contents/hostile.ipynb", {
    method: "PUT",
    body: JSON.stringify({ type: "notebook", format: "json", content }),
  });
  const lab = page.frameLocator("main iframe");
  await nothingHappens(async () => {
    await expect(async () => {
      await lab.locator(".jp-DirListing-item", { hasText: "hostile.ipynb" }).dblclick({ timeout: 5_000 });
      await expect(lab.getByText("hostile output is here")).toBeVisible({ timeout: 15_000 });
    }).toPass({ timeout: 60_000 });
    const opened = await terminals(mine);
    // What of it the sanitizer left is clicked.
    const shown = lab.locator(".jp-OutputArea-output", { hasText: "hostile output is here" }).first();
    for (const left of await shown.locator("button, a").all())
      await left.click({ timeout: 2_000 }).catch(() => undefined);
    await page.waitForTimeout(1_000);
    const ran = await labOf(page, mine).evaluate(() => "ranSaved" in window);
    expect(ran, "a script of saved output ran").toBe(false);
    expect(await terminals(mine), "a click on saved output ran a command").toBe(opened);
  });

  // A form of the output without its address (the sanitizer takes it) posts to the frame's own page: Lab is gone.
  await page.reload();
  const editor = lab.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(1);
  // Lab opens it again by itself only where it had saved its layout before.
  await expect(async () => {
    if (!(await editor.isVisible()))
      await lab.locator(".jp-DirListing-item", { hasText: "hostile.ipynb" }).dblclick({ timeout: 5_000 });
    await expect(editor).toBeVisible({ timeout: 15_000 });
  }).toPass({ timeout: 120_000 });
  await nothingHappens(async () => {
    // Run by the person it is trusted, and may do in its own origin what it likes; that is where it ends.
    const output = lab.locator(".jp-OutputArea-output", { hasText: "live output is here" });
    // Lab drops a run that comes while it still connects to its kernel; a person presses again.
    await expect(async () => {
      await editor.click();
      await page.keyboard.press("Shift+Enter");
      await expect(output).toBeVisible({ timeout: 20_000 });
    }).toPass({ timeout: 90_000 });
    const live = () => labOf(page, mine).evaluate(() => "ranLive" in window);
    await expect.poll(live, { message: "control: live output does run its script" }).toBe(true);
    await page.waitForTimeout(1_000);
  });
});

test("a workspace whose server answers with what it likes", async () => {
  // The hostile server stands in for Jupyter, as code that runs in a workspace might.
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://inside");
    res.setHeader("Set-Cookie", [
      "__Host-Http-labyard-session=planted; Path=/; Secure; HttpOnly",
      "labyard-session=planted; Domain=localhost; Path=/",
      "own=planted; Path=/",
    ]);
    res.setHeader("Service-Worker-Allowed", "/");
    res.setHeader("Clear-Site-Data", '"cookies", "storage"');
    res.setHeader("Access-Control-Allow-Origin", app);
    res.setHeader("Content-Security-Policy", "frame-ancestors *");
    if (url.pathname === "/away") {
      res.statusCode = 302;
      res.setHeader("Location", url.searchParams.get("to") ?? "");
      return void res.end();
    }
    res.setHeader("Content-Type", "text/html");
    res.end("<title>hostile server</title>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const hostile = { address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
  const before = await database().select().from(workspaces).where(eq(workspaces.id, mine.workspaceId));
  try {
    await database().update(workspaces).set(hostile).where(eq(workspaces.id, mine.workspaceId));
    await page.waitForTimeout(6_000);
    await nothingHappens(async () => {
      const lab = labOf(page, mine);
      const seen = await lab.evaluate(
        async ({ evil, here }) => {
          const page = await fetch("/page");
          const statuses: number[] = [];
          for (const to of [
            evil,
            evil.replace("http:", ""),
            `/\\${evil.slice(7)}`,
            `//${evil.slice(7)}/..`,
            "javascript:1",
          ])
            statuses.push((await fetch(`/away?to=${encodeURIComponent(to)}`, { redirect: "manual" })).status);
          return {
            text: await page.text(),
            policy: page.headers.get("content-security-policy"),
            scope: page.headers.get("service-worker-allowed"),
            clear: page.headers.get("clear-site-data"),
            open: page.headers.get("access-control-allow-origin"),
            cookie: document.cookie.includes("planted") && here,
            statuses,
          };
        },
        { evil: evilUrl, here: true },
      );
      expect(seen.text, "control: the hostile server did answer").toContain("hostile server");
      expect(seen).toMatchObject({ scope: null, clear: null, open: null, policy: `frame-ancestors ${app}` });
      // 502: refused; 0: a redirect that stays on its own origin.
      for (const status of seen.statuses) expect([0, 502]).toContain(status);
      const planted = (await context.cookies([app, mine.origin])).filter(
        ({ value, name }) => value === "planted" && !name.includes("filler"),
      );
      expect(planted.filter(({ domain }) => domain === "localhost")).toEqual([]);
    });
  } finally {
    await database()
      .update(workspaces)
      .set({ address: before[0]?.address ?? null })
      .where(eq(workspaces.id, mine.workspaceId));
    server.close();
  }
  expect(
    evilLog.filter(({ cookie }) => cookie),
    "what reached the attacker with a cookie",
  ).toEqual([]);
});

test("links in the home that lead out of it gain nothing in listing, download and collection", async () => {
  const filters = { label: [`labyard.workspace=${sibling.workspaceId}`] };
  const [found] = await engine().listContainers({ filters });
  const exec = await engine()
    .getContainer(found?.Id ?? "")
    .exec({
      Cmd: [
        "sh",
        "-c",
        `cd ~ && printf mine > mine.txt && ln -s /etc leak && ln -s /etc/passwd passwd.txt && ln -s /proc/1/environ env.txt \
 && ln -s ../../../../etc/shadow up && (rmdir materials 2>/dev/null; ln -sfn /etc materials 2>/dev/null; true) \
 && (ln /etc/passwd hard.txt 2>/dev/null; true) && mkdir deep && ln -s ../leak deep/leak && mkfifo pipe && ls -la`,
      ],
      AttachStdout: true,
      AttachStderr: true,
    });
  const stream = await exec.start({});
  let made = "";
  stream.on("data", (chunk: Buffer) => {
    made += chunk.toString("latin1");
  });
  await once(stream, "end");
  expect(made, "control: the links are there").toContain("leak -> /etc");

  const cookie = await sessionCookieOf(person).then(({ name, value }) => `${name}=${value}`);
  const get = (path: string) => ask(app, { path, headers: { cookie } });
  const attempt = `/api/attempts/${sibling.attemptId}`;
  const secrets = /root:[x*!]|daemon:|LABYARD_|JUPYTER_TOKEN|hosts\.allow/;
  const outside = [
    "leak",
    "leak/passwd",
    "materials/passwd",
    "passwd.txt",
    "env.txt",
    "up",
    "hard.txt",
    "deep/leak/passwd",
    "pipe",
  ];
  const forms = [
    "../etc/passwd",
    "/etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "./../../etc/passwd",
    "leak/../../etc/passwd",
    "\0",
  ];
  const tryAll = async () => {
    for (const path of [...outside, ...forms]) {
      for (const kind of ["files", "file"]) {
        const answer = await get(`${attempt}/${kind}?path=${encodeURIComponent(path)}`);
        expect(answer.body, `${kind} ${path}: ${answer.status}`).not.toMatch(secrets);
        if (kind === "file") expect(answer.status, `file ${path}`).not.toBe(200);
      }
    }
  };
  const own = await get(`${attempt}/file?path=mine.txt`);
  expect([own.status, own.body], "control: one's own file comes").toEqual([200, "mine"]);
  await tryAll();

  const ended = await page.request.get(`${app}${attempt}/collection`, { headers: { cookie } });
  expect(ended.status()).toBe(200);
  await endAttempt({ ctx: as(person, database()), input: { attemptId: sibling.attemptId } });
  type Listing = {
    collection: { state: string } | null;
    files: { id: string; path: string; sha256: string | null; skipped: string | null }[];
  };
  const listing = async () => JSON.parse((await get(`${attempt}/collection`)).body) as Listing;
  await expect.poll(async () => (await listing()).collection?.state, { timeout: 90_000 }).toBe("done");
  const manifest = await listing();
  const of = (path: string) => manifest.files.find((file) => file.path === path);
  expect(of("mine.txt")?.sha256, "control: one's own file was collected").toBe(sha256("mine"));
  for (const path of ["leak", "passwd.txt", "env.txt", "up", "deep/leak"])
    expect(of(path)?.sha256 ?? null, `${path} was collected`).toBeNull();
  expect(manifest.files.filter(({ path }) => /^(leak|materials|deep\/leak)\//.test(path))).toEqual([]);
  for (const file of manifest.files.filter(({ sha256: hash }) => hash)) {
    const answer = await get(`/api/collections/files/${file.id}`);
    expect(answer.status).toBe(200);
    expect(answer.body, file.path).not.toMatch(secrets);
  }
  const zip = await page.request.get(`${app}${attempt}/collected`, { headers: { cookie } });
  const entries = await unzip(await zip.body());
  for (const [name, bytes] of entries) expect(bytes.toString("latin1"), name).not.toMatch(secrets);
  for (const path of ["leak/passwd", "passwd.txt", "up"])
    expect((await get(`${attempt}/file?path=${path}`)).status, `file ${path} when it is over`).not.toBe(200);
});
