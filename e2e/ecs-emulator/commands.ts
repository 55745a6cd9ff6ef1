import type { Clock } from "./clock";
import type { Ids } from "./ids";
import { type Instance, machineOf } from "./instance";
import type { Knobs } from "./knobs";
import type { Machines } from "./machines";

export interface Invocation {
  invokeId: string;
  commandId: string;
  instanceId: string;
  username: string;
  startedAt: number;
  finishedAt: number | undefined;
  exitCode: number;
  output: Buffer;
  errorCode: string;
}

const mostOutput = 24 * 1024;

/** Cloud Assistant: scripts that run on instances. Without a real machine each ends well, and says nothing. */
export class Commands {
  readonly all: Invocation[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly knobs: Knobs,
    private readonly machines: Machines,
  ) {}

  run(instances: Instance[], script: string, username: string): { commandId: string; invokeId: string } {
    const commandId = this.ids.next("c-");
    const invokeId = this.ids.next("t-");
    for (const one of instances) {
      const made: Invocation = {
        invokeId,
        commandId,
        instanceId: one.id,
        username,
        startedAt: this.clock.now(),
        finishedAt: undefined,
        exitCode: 0,
        output: Buffer.alloc(0),
        errorCode: "",
      };
      this.all.push(made);
      void this.#execute(made, one, script);
    }
    return { commandId, invokeId };
  }

  async #execute(made: Invocation, one: Instance, script: string): Promise<void> {
    if (this.machines.canRun) {
      const done = await this.machines.run(machineOf(one), script).catch(() => {
        made.errorCode = "ClientNotResponse";
        return { exitCode: -1, output: Buffer.alloc(0) };
      });
      if (done) {
        Object.assign(made, done);
        made.finishedAt = this.clock.now();
        return;
      }
    }
    this.clock.at(this.clock.now() + this.knobs.commandMs, () => {
      made.finishedAt = this.clock.now();
    });
  }
}

/** What the answer keeps of an output, and how much it drops. */
export const kept = (output: Buffer): { text: string; dropped: number } => ({
  text: output.subarray(-mostOutput).toString("base64"),
  dropped: Math.max(0, output.length - mostOutput),
});
