import { randomBytes } from "node:crypto";

/** Reads `/metrics` of one service as a monitor does. Its token goes into the service's settings. */
export class Monitor {
  readonly token = randomBytes(16).toString("hex");

  constructor(private readonly url: () => string) {}

  /** One figure without labels. The service gathers them at most once a second, so this waits until it would anew. */
  async figure(name: string): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const headers = { Authorization: `Bearer ${this.token}` };
    const answer = await fetch(`${this.url()}/metrics`, { headers });
    const figure = new RegExp(`^${name} (\\S+)$`, "m").exec(await answer.text())?.[1];
    if (figure === undefined) throw new Error(`/metrics answers ${answer.status} without ${name}`);
    return Number(figure);
  }

  /** p99 of the service's event-loop delay in ms since this was last asked. */
  async loopDelayP99(): Promise<number> {
    return (await this.figure("nodejs_eventloop_lag_p99_seconds")) * 1_000;
  }
}
