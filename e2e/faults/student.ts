import { createHash, randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import type { UserActor } from "@/lib/platform/context";
import { actionId } from "../action-id";
import { type Answer, ask } from "../ask";
import { sessionCookieOf } from "../fixtures";
import type { World } from "../world";
import { wait } from "./daemon";
import type { History } from "./history";

type Chance = { between(low: number, high: number): number };
type Screen = { state: string; health: string; attempt: { id: string; state: string } };

/** Longer than any answer may take: the service gives up a silent database after 10 s, an engine after 25 s. */
const spinnerMs = 30_000;

/**
 * One browser without a screen: starts, opens the console by ticket, saves files through the proxy, holds a
 * WebSocket, stops and ends, as the pages do it, and writes down what it was told.
 */
export class Student {
  running = false;
  /** It neither stops nor ends: a class comes together. */
  settles = false;
  workspaceId: string | null = null;
  private cookie = "";
  private grant: { workspaceId: string; label: string; cookie: string } | null = null;
  private socket: WebSocket | null = null;
  private n = 0;
  private work: Promise<void> | null = null;
  /** Where this browser's requests arrive: the service, or its copy. */
  port: number;

  constructor(
    readonly actor: UserActor,
    private readonly at: { url: string; world: World; history: History; chance: Chance },
  ) {
    this.port = Number(new URL(at.url).port);
  }

  async signIn(): Promise<void> {
    const { name, value } = await sessionCookieOf(this.actor, 6 * 3_600);
    this.cookie = `${name}=${value}`;
  }

  // ---- what it does until told to pause

  begin(): void {
    this.running = true;
    this.work ??= this.loop();
  }

  async pause(): Promise<void> {
    this.running = false;
    await this.work;
    this.work = null;
  }

  private async loop(): Promise<void> {
    const { chance, history } = this.at;
    while (this.running) {
      try {
        await this.act(chance.between(0, 100));
      } catch (error) {
        // Nobody answered: the browser says so itself, and nothing was promised.
        history.count(`no answer ${(error as { code?: string }).code ?? "closed"}`);
      }
      await wait(chance.between(200, 1_500));
    }
  }

  private async act(wish: number): Promise<void> {
    if (!this.workspaceId) return void (await this.start());
    const screen = await this.screen();
    if (!screen) return;
    if (["stopped", "failed"].includes(screen.state) || screen.attempt.state === "ended") {
      this.workspaceId = null;
      return;
    }
    if (screen.state !== "ready") return;
    if (wish < 1 && !this.settles) return void (await this.end(screen.attempt.id));
    if (wish < 3 && !this.settles) return void (await this.stop());
    if (wish < 10) return void (await this.page());
    await this.listen();
    await this.save(screen.attempt.id);
  }

  // ---- single acts

  /** Presses Start: the id of the workspace that the answer leads to. */
  async start(): Promise<string | null> {
    const boundary = "----labyard";
    const part = (name: string, value: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const { world, history } = this.at;
    const answer = await this.ask("start", {
      method: "POST",
      path: `/experiments/${world.experimentId}`,
      headers: {
        "next-action": actionId("lib/attempts/actions.ts#startTaskForm"),
        accept: "text/x-component",
        "content-type": `multipart/form-data; boundary=${boundary}`,
      },
      body: `${part("_1_taskId", world.taskId)}${part("0", '[null,"$K1"]')}--${boundary}--\r\n`,
    });
    const workspaceId =
      /\/workspaces\/(\w{26})/.exec(String(answer.headers["x-action-redirect"]))?.[1] ?? null;
    if (workspaceId) {
      this.workspaceId = workspaceId;
      history.acknowledge({ kind: "start", user: this.actor.id, workspaceId });
    }
    return workspaceId;
  }

  async stop(workspaceId = this.workspaceId): Promise<boolean> {
    if (!workspaceId) return false;
    const done = await this.action(
      `/workspaces/${workspaceId}`,
      "lib/workspaces/actions.ts#stopWorkspaceAction",
      {
        workspaceId,
      },
    );
    if (done) this.at.history.acknowledge({ kind: "stop", user: this.actor.id, workspaceId });
    return done;
  }

  async end(attemptId: string): Promise<boolean> {
    const path = `/workspaces/${this.workspaceId}`;
    const done = await this.action(path, "lib/attempts/actions.ts#endAttemptAction", { attemptId });
    if (done) this.at.history.acknowledge({ kind: "end", user: this.actor.id, attemptId });
    return done;
  }

  async screen(): Promise<Screen | null> {
    const answer = await this.ask("screen", { path: `/api/workspaces/${this.workspaceId}/screen` });
    return answer.status === 200 ? (JSON.parse(answer.body) as Screen) : null;
  }

  /** Writes the text of the experiment, as a teacher does: what the answer says. */
  async describe(description: string): Promise<string> {
    const { experimentId } = this.at.world;
    const input = { experimentId, title: "第一次实验", description, weight: 100 };
    const name = "lib/experiments/actions.ts#editExperimentAction";
    return (await this.press(`/teach/experiments/${experimentId}`, name, input)).body;
  }

  page(): Promise<Answer> {
    return this.ask("page", { path: `/experiments/${this.at.world.experimentId}` });
  }

  /** Saves a new file through the proxy, as JupyterLab does. */
  async save(attemptId: string): Promise<boolean> {
    const grant = await this.enter();
    if (!grant) return false;
    const path = `${this.actor.name.split("-")[0]}-${++this.n}-${randomBytes(3).toString("hex")}.txt`;
    const content = `${path} ${randomBytes(24).toString("base64url")}\n`;
    const answer = await this.ask("save", {
      method: "PUT",
      path: `/api/contents/${path}`,
      host: this.hostOf(grant.label),
      headers: {
        cookie: grant.cookie,
        origin: `http://${this.hostOf(grant.label)}`,
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
      },
      body: JSON.stringify({ type: "file", format: "text", content }),
    });
    if (answer.status === 401 || answer.status === 403) this.grant = null;
    if (answer.status !== 201) return false;
    const sha256 = createHash("sha256").update(content).digest("hex");
    const { workspaceId } = grant;
    this.at.history.acknowledge({ kind: "save", user: this.actor.id, attemptId, workspaceId, path, sha256 });
    return true;
  }

  /** Opens the console by ticket, once a workspace. */
  private async enter(): Promise<typeof this.grant> {
    const { workspaceId } = this;
    if (!workspaceId) return null;
    if (this.grant?.workspaceId === workspaceId) return this.grant;
    this.closeSocket();
    const answer = await this.ask("ticket", {
      method: "POST",
      path: "/api/consoles/tickets",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ workspaceId, mode: "use" }),
    });
    if (answer.status !== 200) return null;
    const { ticket, action } = JSON.parse(answer.body) as { ticket: string; action: string };
    const { host, pathname } = new URL(action);
    const entered = await this.ask("enter", {
      method: "POST",
      path: pathname,
      host,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ ticket }).toString(),
    });
    const cookie = entered.headers["set-cookie"]?.[0]?.split(";", 1)[0];
    this.grant = cookie ? { workspaceId, label: host.split(".", 1)[0] ?? "", cookie } : null;
    return this.grant;
  }

  /** One socket through the proxy, open as long as the page would have it. */
  private async listen(): Promise<void> {
    if (this.socket) return;
    const grant = await this.enter();
    if (!grant) return;
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/api/events/subscribe`, {
      headers: { host: this.hostOf(grant.label), cookie: grant.cookie },
      origin: `http://${this.hostOf(grant.label)}`,
      handshakeTimeout: spinnerMs,
    });
    this.socket = socket;
    socket.on("open", () => this.at.history.count("socket open"));
    socket.on("error", () => this.at.history.count("socket error"));
    socket.on("close", (code) => {
      this.at.history.count(`socket closed ${code}`);
      if (this.socket === socket) this.socket = null;
    });
  }

  get hasSocket(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  closeSocket(): void {
    this.socket?.terminate();
    this.socket = null;
  }

  private hostOf(label: string): string {
    return `${label}.localhost:${new URL(this.at.url).port}`;
  }

  private async action(path: string, name: string, input: unknown): Promise<boolean> {
    const answer = await this.press(path, name, input);
    return answer.status === 200 && /"ok":true/.test(answer.body);
  }

  private press(path: string, name: string, input: unknown): Promise<Answer> {
    return this.ask(name.split("#")[1] ?? name, {
      method: "POST",
      path,
      headers: {
        "next-action": actionId(name),
        accept: "text/x-component",
        "content-type": "text/plain;charset=UTF-8",
      },
      body: JSON.stringify([input]),
    });
  }

  /** One request, judged by I7: in time, and with a sentence and a number where it is refused. */
  async ask(what: string, question: Parameters<typeof ask>[1]): Promise<Answer> {
    const { history, url } = this.at;
    const began = performance.now();
    let answer: Answer;
    try {
      answer = await ask(`http://127.0.0.1:${this.port}`, {
        host: new URL(url).host,
        ...question,
        headers: { origin: url, cookie: this.cookie, ...question.headers },
      });
    } catch (error) {
      if (performance.now() - began >= spinnerMs - 1_000)
        history.complain(`${what}: no answer in ${spinnerMs} ms`);
      throw error;
    } finally {
      history.slowestMs = Math.max(history.slowestMs, performance.now() - began);
    }
    history.count(`${what} ${answer.status}`);
    const fault = faultOf(answer, question.host !== undefined && what === "save");
    if (fault) history.complain(`${what} ${answer.status}: ${fault}: ${answer.body.slice(0, 200)}`);
    return answer;
  }
}

/** Why nobody could act on this answer; undefined: it is one, or a refusal that says what to do. */
function faultOf({ status, headers, body }: Answer, ofWorkspace: boolean): string | undefined {
  const refusal = /"ok":false,"error":(\{.*)/.exec(body)?.[1];
  if (status < 400 && !refusal) return undefined;
  if (status === 500) return "an unexpected error";
  const json = refusal ?? (headers["content-type"]?.startsWith("application/json") ? body : undefined);
  if (json?.includes('"key":"internal"')) return "an unexpected error";
  // What JupyterLab asks for in the background has no reader; its page shows our notice in the frame.
  if (ofWorkspace) return undefined;
  if (json)
    return /"message":"[^"]{4,}/.test(json) && json.includes('"requestId"') ? undefined : "no sentence";
  if (status === 503 && !headers["retry-after"] && headers["x-request-id"]) return "no Retry-After";
  return body.trim().length > 10 ? undefined : "no sentence";
}
