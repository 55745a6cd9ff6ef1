import type { Clock } from "./clock";
import type { Ids } from "./ids";

export interface SystemEvent {
  id: string;
  instanceId: string;
  type: string;
  code: number;
  reason: string;
  at: number;
}

const codes: Record<string, number> = { "SystemFailure.Delete": 30, "SystemFailure.Reboot": 3 };

/** What the cloud did to instances by itself. */
export class Events {
  readonly all: SystemEvent[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  note(instanceId: string, type: string, reason: string): void {
    const event = { id: this.ids.next("e-"), instanceId, type, reason, at: this.clock.now() };
    this.all.push({ ...event, code: codes[type] ?? 0 });
  }
}
