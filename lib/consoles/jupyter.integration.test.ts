import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { type Browser, type BrowserContext, chromium, type Frame, type Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeDatabase } from "@/db/client";
import { startUpstream, type Upstream } from "@/e2e/upstream/upstream";
import { freePort, listenAt, makePerson, makeWorkspace, type Person, type Place } from "@/e2e/upstream/world";
import { createCtx } from "@/lib/platform/context";
import { randomToken } from "@/lib/platform/ids";
import { createFront, type Front, issueTicket } from ".";

/**
 * A real JupyterLab, framed by a page of the app's origin in Chromium with its default of blocking
 * third-party cookies. The container is started by hand: this is about the way in, not about the driver.
 */
const run = promisify(execFile);
const docker = async (...args: string[]): Promise<string> => (await run("docker", args)).stdout.trim();

// The settings are read once, and the port is not known yet: DOCKER_HOST comes from the environment as it is.
const image = "labyard/jupyter";
/** Playwright switches storage partitioning off, which leaves framed pages without localStorage; people have it. */
const browserArgs = ["--no-sandbox", "--disable-features=MediaRouter,OptimizationHints,PreconnectToSearch"];
const browserPath = "/usr/bin/chromium";
const name = `labyard-consoles-${randomToken(4)
  .replace(/[^a-z0-9]/gi, "")
  .toLowerCase()}`;
const imageThere = await docker("image", "inspect", image).then(
  () => true,
  () => false,
);

describe.skipIf(!imageThere || !existsSync(browserPath))("JupyterLab in a frame", () => {
  const secret = randomToken(16);
  let port: number;
  let app: string;
  let front: Front;
  let person: Person;
  let place: Place;
  let sibling: Place;
  let upstream: Upstream;
  let browser: Browser;
  let context: BrowserContext;
  const refused: string[] = [];

  /** The app's page as the product makes it: a ticket by fetch, a form by POST into a sandboxed frame. */
  const appPage = (nonce: string) => `<!doctype html><title>app</title>
<iframe name="lab" style="width:1200px;height:800px" referrerpolicy="no-referrer" allow="clipboard-read; clipboard-write; fullscreen"
 sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals"></iframe>
<script nonce="${nonce}">
window.heard = []; window.entered = 0;
async function enter() {
  entered++;
  const { ticket, action } = await (await fetch("/ticket" + location.search)).json();
  const form = Object.assign(document.createElement("form"), { method: "post", action, target: "lab" });
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "ticket", value: ticket }));
  document.body.append(form); form.submit(); form.remove();
}
addEventListener("message", (event) => { heard.push([event.origin, event.data]);
  if (event.data && event.data.type === "labyard.enter-needed") enter(); });
if (!location.search.includes("wait")) enter();
else Object.assign(document.querySelector("iframe"), { src: new URLSearchParams(location.search).get("wait") });
</script>`;

  const request = async (req: IncomingMessage, res: ServerResponse) => {
    const url = new URL(req.url ?? "/", app);
    if (url.pathname === "/ticket") {
      const workspaceId = url.searchParams.get("of") ?? place.id;
      const issued = await issueTicket({ ctx: createCtx(person.actor), input: { workspaceId, mode: "use" } });
      res.setHeader("Content-Type", "application/json");
      res.end(JSON.stringify(issued));
    } else if (url.pathname === "/secret") {
      refused.push("the app answered a workspace");
      res.end("secret");
    } else {
      const nonce = /'nonce-([^']+)'/.exec(String(req.headers["content-security-policy"]))?.[1] ?? "";
      res.setHeader("Content-Type", "text/html; charset=utf-8");
      res.end(appPage(nonce));
    }
  };

  const openFront = async () => {
    front = createFront();
    front.open({ request });
    front.server.listen(port, "127.0.0.1");
    await once(front.server, "listening");
  };

  beforeAll(async () => {
    port = await freePort();
    app = listenAt(port);
    person = await makePerson();
    await docker("network", "create", name);
    await docker(
      ...[
        "run",
        "-d",
        "--rm",
        "--name",
        name,
        "--network",
        name,
        "--memory",
        "1g",
        "--tmpfs",
        "/home/student:uid=1000,gid=1000",
      ],
      ...["-e", "HOME=/home/student", "-e", `JUPYTER_TOKEN=${secret}`, image],
    );
    const ip = await docker(
      "inspect",
      "-f",
      "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
      name,
    );
    place = await makeWorkspace(person.actor.id, `${ip}:8888`, secret);
    upstream = await startUpstream();
    sibling = await makeWorkspace(person.actor.id, upstream.address, "x");
    await openFront();
    const began = performance.now();
    while (!(await fetch(`http://${ip}:8888/api`).catch(() => null))?.ok) {
      if (performance.now() - began > 60_000) throw new Error(await docker("logs", name));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    browser = await chromium.launch({ executablePath: browserPath, args: browserArgs });
    context = await browser.newContext();
  });

  afterAll(async () => {
    await browser?.close();
    await front?.close();
    await upstream?.close();
    await docker("rm", "-f", name).catch(() => undefined);
    await docker("network", "rm", name).catch(() => undefined);
    await closeDatabase();
  });

  const labFrame = async (page: Page): Promise<Frame> => {
    await page.frameLocator("iframe").locator("#jp-main-dock-panel").waitFor({ timeout: 45_000 });
    const frame = page.frame({ name: "lab" });
    if (!frame) throw new Error("no frame");
    return frame;
  };

  const inside = async (path: string): Promise<unknown> =>
    JSON.parse(
      await docker(
        "exec",
        name,
        "python3",
        "-c",
        `import urllib.request as u;print(u.urlopen(u.Request("http://127.0.0.1:8888${path}",headers={"Authorization":"token ${secret}"})).read().decode())`,
      ),
    );

  test("a frame without a grant asks the app, and is let in", async () => {
    const fresh = await browser.newContext();
    const page = await fresh.newPage();
    await page.goto(`${app}/?of=${place.id}&wait=${encodeURIComponent(`${place.origin}/lab`)}`);
    await labFrame(page);
    expect(await page.evaluate("heard")).toContainEqual([
      place.origin,
      { type: "labyard.enter-needed", reason: "enter" },
    ]);
    expect(await page.evaluate("entered")).toBe(1);
    await fresh.close();
  });

  test("a hostile workspace gains nothing at the app or at a sibling", async () => {
    const page = await context.newPage();
    // The same browser holds grants for both, as a student with two experiments open does.
    await page.goto(`${app}/?of=${place.id}`);
    await labFrame(page);
    await page.goto(`${app}/?of=${sibling.id}`);
    const frame = page.frame({ name: "lab" });
    await frame?.waitForURL(`${sibling.origin}/lab`);
    await frame?.goto(`${sibling.origin}/page`);
    await frame?.evaluate(
      async ({ app, victim }) => {
        const tries: (() => Promise<unknown> | unknown)[] = [
          () => fetch(`${victim}/api/terminals`, { method: "POST", mode: "no-cors", credentials: "include" }),
          () =>
            fetch(`${victim}/api/kernels`, {
              method: "POST",
              mode: "no-cors",
              credentials: "include",
              body: "{}",
            }),
          () => navigator.sendBeacon(`${victim}/api/terminals`, "{}"),
          () => fetch(`${app}/secret`, { mode: "no-cors", credentials: "include" }),
          () => fetch(`${app}/secret`, { method: "POST", mode: "no-cors", credentials: "include" }),
          () =>
            new Promise((resolve) => {
              const image = new Image();
              image.onerror = image.onload = resolve;
              image.src = `${app}/secret`;
              document.body.append(image);
            }),
          () =>
            new Promise((resolve) => {
              const ws = new WebSocket(`${victim.replace("http", "ws")}/api/kernels/x/channels`);
              ws.onclose = resolve;
            }),
          () => {
            const frame = Object.assign(document.createElement("iframe"), { name: "post" });
            const form = Object.assign(document.createElement("form"), {
              method: "post",
              action: `${victim}/api/terminals`,
              target: "post",
            });
            document.body.append(frame, form);
            form.submit();
          },
          () => {
            const frame = Object.assign(document.createElement("iframe"), { src: `${app}/secret` });
            document.body.append(frame);
          },
          () => {
            // biome-ignore-start lint/suspicious/noDocumentCookie: what a hostile page would do
            document.cookie = "__Host-Http-labyard=evil; path=/; secure";
            document.cookie = "labyard=evil; domain=localhost; path=/";
            for (let i = 0; i < 250; i++)
              document.cookie = `c${i}=${"x".repeat(3000)}; domain=localhost; path=/`;
            // biome-ignore-end lint/suspicious/noDocumentCookie: see above
          },
          () => navigator.serviceWorker?.register("/small"),
          () => {
            if (top) top.location.href = "http://evil.invalid/";
          },
        ];
        for (const attempt of tries) {
          try {
            await attempt();
          } catch {}
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
      },
      { app, victim: place.origin },
    );
    expect(await inside("/api/terminals")).toEqual([]);
    expect(refused).toEqual([]);
    expect(new URL(page.url()).origin).toBe(app);
    expect((await page.goto(`${app}/?of=${place.id}`))?.status()).toBe(200);
    expect((await context.cookies(app)).map((cookie) => cookie.name)).not.toContain("labyard");
    await page.close();
  });
});
