/** What a browser was told is done; each is looked for afterwards where it must be. */
export type Acknowledged =
  | { kind: "start"; user: string; workspaceId: string }
  | { kind: "save"; user: string; attemptId: string; workspaceId: string; path: string; sha256: string }
  | { kind: "stop"; user: string; workspaceId: string }
  | { kind: "end"; user: string; attemptId: string };

/** An answer that no person could act on: no sentence, no number to tell, or a wait without end. */
export type Complaint = { at: string; what: string };

/** Everything that clients did, as Jepsen keeps it: the history is checked, not the screen. */
export class History {
  readonly done: Acknowledged[] = [];
  readonly complaints: Complaint[] = [];
  readonly counts = new Map<string, number>();
  slowestMs = 0;

  acknowledge(one: Acknowledged): void {
    this.done.push(one);
    this.count(`${one.kind} acknowledged`);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  complain(what: string): void {
    this.complaints.push({ at: new Date().toISOString(), what: what.slice(0, 400) });
  }

  of<K extends Acknowledged["kind"]>(kind: K): Extract<Acknowledged, { kind: K }>[] {
    return this.done.filter((one): one is Extract<Acknowledged, { kind: K }> => one.kind === kind);
  }
}
