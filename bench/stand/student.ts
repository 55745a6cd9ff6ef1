import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { eq } from "drizzle-orm";
import { database } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { ask } from "@/e2e/ask";
import { sessionCookieOf } from "@/e2e/fixtures";
import type { UserActor } from "@/lib/platform/context";
import { formBody, startFields } from "./start-form";

const own = { "Sec-Fetch-Site": "same-origin" };

/** One student at a browser, as requests: the page is open, Start is about to be pressed. */
export class Student {
  private cookie = "";
  private form: [string, string][] = [];
  workspaceId = "";

  constructor(
    readonly url: string,
    readonly actor: UserActor,
    readonly experimentId: string,
  ) {}

  /** Signs in and opens the experiment's page. */
  async open(): Promise<void> {
    const { name, value } = await sessionCookieOf(this.actor);
    this.cookie = `${name}=${value}`;
    const page = await ask(this.url, { path: this.path, headers: { Cookie: this.cookie } });
    this.form = startFields(page.body);
  }

  /** From the POST of Start to the first 200 of `/api` through the proxy, in ms. */
  async start(patienceMs = 180_000): Promise<{ ms: number; claimed: boolean }> {
    const pressed = performance.now();
    const { type, body } = await formBody(this.form);
    const answer = await ask(this.url, {
      method: "POST",
      path: this.path,
      headers: {
        Cookie: this.cookie,
        Origin: this.url,
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": type,
      },
      body,
    });
    const id = /\/workspaces\/(\w{26})/.exec(answer.headers.location ?? "")?.[1];
    if (!id) throw new Error(`Start was answered with ${answer.status}: ${answer.body.slice(0, 300)}`);
    this.workspaceId = id;
    await this.untilReady(patienceMs);
    const grant = await this.enter();
    for (;;) {
      const seen = await ask(this.url, { ...this.inside, path: "/api", headers: { Cookie: grant, ...own } });
      if (seen.status === 200 && seen.body.includes("version"))
        return { ms: performance.now() - pressed, claimed: await this.isClaimed() };
      if (performance.now() - pressed > patienceMs) throw new Error(`/api answers ${seen.status}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** By the page's own stream of changes, which is told what happened before it was opened, too. */
  private async untilReady(patienceMs: number): Promise<void> {
    const req = request(`${this.url}/api/events?topics=workspace:${this.workspaceId}`, {
      headers: { Cookie: this.cookie, Host: new URL(this.url).host },
      timeout: patienceMs,
    });
    req.end();
    const [res] = (await once(req, "response")) as [IncomingMessage];
    let text = "";
    try {
      for await (const chunk of res) {
        text += String(chunk);
        if (/"state":"ready"/.test(text)) return;
        if (/"state":"(failed|stopped|stopping)"/.test(text))
          throw new Error(`it ended: ${text.slice(-300)}`);
      }
      throw new Error("the stream ended");
    } finally {
      req.destroy();
    }
  }

  private async enter(): Promise<string> {
    const given = await ask(this.url, {
      method: "POST",
      path: "/api/consoles/tickets",
      headers: { Cookie: this.cookie, Origin: this.url, "Sec-Fetch-Site": "same-origin" },
      body: JSON.stringify({ workspaceId: this.workspaceId, mode: "use" }),
    });
    const { ticket, action } = JSON.parse(given.body) as { ticket: string; action: string };
    this.inside = { host: new URL(action).host };
    const entered = await ask(this.url, {
      ...this.inside,
      method: "POST",
      path: "/__lab/enter",
      headers: { Origin: this.url, "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ ticket }).toString(),
    });
    const [set] = entered.headers["set-cookie"] ?? [];
    if (entered.status !== 303 || !set) throw new Error(`not let in: ${entered.status}`);
    return set.split(";")[0] ?? "";
  }

  /** Whether its workspace had been booted before Start was pressed. */
  private async isClaimed(): Promise<boolean> {
    const { id, claimedAt } = workspaces;
    const [row] = await database().select({ claimedAt }).from(workspaces).where(eq(id, this.workspaceId));
    return row?.claimedAt !== null;
  }

  private inside: { host: string } = { host: "" };
  private get path() {
    return `/experiments/${this.experimentId}`;
  }
}
