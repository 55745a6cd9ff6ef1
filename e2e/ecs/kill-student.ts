import { and, desc, eq } from "drizzle-orm";
import { database } from "@/db/client";
import { attempts, workspaces } from "@/db/schema";
import { actionId } from "@/e2e/action-id";
import { type Answer, ask, type Question } from "@/e2e/ask";
import type { seeded } from "@/e2e/chance";
import type { Emulator } from "@/e2e/ecs-emulator";
import { machineOf } from "@/e2e/ecs-emulator/instance";
import { sessionCookieOf } from "@/e2e/session-cookie";
import type { World } from "@/e2e/world";
import type { UserActor } from "@/lib/platform/context";

type Saved = { attemptId: string; workspaceId: string; path: string; content: string };
type Lab = { url: string; world: World; emulator: Emulator; chance: ReturnType<typeof seeded> };

const actions = {
  start: "lib/attempts/actions.ts#startTaskForm",
  extend: "lib/attempts/actions.ts#extendOwnAttemptAction",
  end: "lib/attempts/actions.ts#endAttemptAction",
  stop: "lib/workspaces/actions.ts#stopWorkspaceAction",
  restart: "lib/workspaces/actions.ts#restartWorkspaceAction",
  pause: "lib/consoles/actions.ts#pauseWorkspaceAction",
  resume: "lib/consoles/actions.ts#resumeWorkspaceAction",
} as const;
type Act = keyof typeof actions;

/**
 * One browser without a screen on a cloud desktop: every press is a server action of the running service, which may die
 * of it. Files are saved on the instance itself, as programs of the desktop save them.
 */
export class Student {
  readonly saved: Saved[] = [];
  /** What was pressed, and how it was answered. */
  readonly told = new Map<string, number>();
  running = false;
  #cookie = "";

  constructor(
    readonly actor: UserActor,
    private readonly lab: Lab,
  ) {}

  async signIn(): Promise<void> {
    const { name, value } = await sessionCookieOf(this.actor, 6 * 3_600);
    this.#cookie = `${name}=${value}`;
  }

  async work(): Promise<void> {
    const { chance } = this.lab;
    while (this.running) {
      await this.#act(chance.between(0, 100));
      await new Promise((resolve) => setTimeout(resolve, chance.between(100, 1_500)));
    }
  }

  /** Their open attempt, and what was started last in it. */
  async #now() {
    const [row] = await database()
      .select({ attempt: attempts, workspace: workspaces })
      .from(attempts)
      .innerJoin(workspaces, eq(workspaces.attemptId, attempts.id))
      .where(and(eq(attempts.userId, this.actor.id), eq(attempts.state, "open")))
      .orderBy(desc(workspaces.id))
      .limit(1);
    return row;
  }

  async #act(wish: number): Promise<void> {
    const now = await this.#now();
    if (!now || ["stopped", "failed"].includes(now.workspace.state)) return this.#start();
    const { id: workspaceId, state, desired } = now.workspace;
    const { id: attemptId } = now.attempt;
    const press = (name: Act, input: object = { workspaceId }) => this.#press(name, workspaceId, input);
    // What boots is left alone mostly, so that it gets there.
    if (wish < 0.5) return press("end", { attemptId });
    if (wish < 1.5) return press("stop");
    if (desired !== "running") return;
    if (state === "paused") return wish < 60 ? press("resume") : undefined;
    if (state !== "ready") return;
    if (wish < 7) return press("end", { attemptId });
    if (wish < 12) return press("stop");
    if (wish < 15) return press("restart");
    if (wish < 30) return press("pause");
    if (wish < 42) return this.#extend(workspaceId, attemptId, press);
    return this.#save(workspaceId, attemptId);
  }

  async #save(workspaceId: string, attemptId: string): Promise<void> {
    const there = this.#instance(workspaceId);
    if (!there) return;
    const path = `${this.actor.name}-${this.saved.length + 1}.txt`;
    const content = `${path} of ${workspaceId}`;
    const script = `printf %s '${content}' > /home/ecs-user/${path} && chown ecs-user: /home/ecs-user/${path}`;
    const said = await this.lab.emulator.cloud.machines.run(machineOf(there), script).catch(() => undefined);
    // Saved while nobody had asked for an end: whatever ends it later fetches it before.
    const now = await this.#now();
    const isAtWork = now?.workspace.id === workspaceId && now.workspace.desired === "running";
    if (said?.exitCode === 0 && isAtWork && now.workspace.state === "ready")
      this.saved.push({ attemptId, workspaceId, path, content });
  }

  #instance(workspaceId: string) {
    return this.lab.emulator.cloud.instances
      .all()
      .find(({ tags, status }) => status === "Running" && tags.get("lab:workspace") === workspaceId);
  }

  /** More time is promised only once the cloud's own guard stands behind it. */
  async #extend(
    workspaceId: string,
    attemptId: string,
    press: (name: Act, input: object) => Promise<void>,
  ): Promise<void> {
    const before = this.told.get("extend done");
    await press("extend", { attemptId });
    if (this.told.get("extend done") === before) return;
    const [attempt] = await database().select().from(attempts).where(eq(attempts.id, attemptId));
    const guard = this.#instance(workspaceId)?.autoReleaseAt;
    if (guard && attempt?.deadlineAt && guard <= attempt.deadlineAt.getTime())
      throw new Error(`${workspaceId} has time until ${attempt.deadlineAt}, and goes at ${new Date(guard)}`);
  }

  #start(): Promise<void> {
    const boundary = "----labyard";
    const part = (name: string, value: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const { experimentId, taskId } = this.lab.world;
    return this.#ask("start", {
      path: `/experiments/${experimentId}`,
      headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
      body: `${part("_1_taskId", taskId)}${part("0", '[null,"$K1"]')}--${boundary}--\r\n`,
    });
  }

  #press(name: Act, workspaceId: string, input: object): Promise<void> {
    return this.#ask(name, {
      path: `/workspaces/${workspaceId}`,
      headers: { "content-type": "text/plain;charset=UTF-8" },
      body: JSON.stringify([input]),
    });
  }

  async #ask(name: Act, { headers, ...rest }: Question): Promise<void> {
    const { url } = this.lab;
    const common = {
      "next-action": actionId(actions[name]),
      accept: "text/x-component",
      cookie: this.#cookie,
    };
    const answer = await ask(url, {
      method: "POST",
      ...rest,
      headers: { ...common, origin: url, "sec-fetch-site": "same-origin", ...headers },
    }).catch(() => null);
    const said = `${name} ${outcomeOf(answer)}`;
    this.told.set(said, (this.told.get(said) ?? 0) + 1);
  }
}

/** While the service is down nothing is promised. */
function outcomeOf(answer: Answer | null): string {
  if (!answer) return "not answered";
  if (answer.headers["x-action-redirect"] || /"ok":true/.test(answer.body)) return "done";
  return /"key":"([\w.]+)"/.exec(answer.body)?.[1] ?? `${answer.status}`;
}
