import type { Backing, CommandResult, Machine } from "./backing";

/** Tells a backing what happens, one thing after the other for each instance, without holding up the cloud. */
export class Machines {
  readonly #rows = new Map<string, Promise<unknown>>();
  /** Done when every copy of a disk that was ordered so far is there. */
  #copies: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly backing: Backing | undefined,
    private readonly failed: (what: string, error: unknown) => void,
  ) {}

  /** Whether instances have addresses of the backing's, not of their vSwitch. */
  get ownAddresses(): boolean {
    return this.backing !== undefined;
  }

  takeAddress(): string | undefined {
    return this.backing?.takeAddress();
  }

  /** A boot waits for the copies: it may be from one of them. */
  boot(machine: Machine): void {
    const copies = this.#copies;
    this.#after(machine, async (backing) => {
      await copies;
      await backing.boot(machine);
    });
  }

  halt(machine: Machine): void {
    this.#after(machine, (backing) => backing.halt(machine));
  }

  renew(machine: Machine): void {
    this.#after(machine, (backing) => backing.renew(machine));
  }

  remove(machine: Machine): void {
    this.#after(machine, async (backing) => {
      await backing.remove(machine);
      backing.giveAddress(machine.address);
    });
  }

  saveDisk(machine: Machine, id: string): void {
    const saved = this.#after(machine, (backing) => backing.saveDisk(machine, id));
    this.#copies = Promise.all([this.#copies, saved]);
  }

  copyDisk(from: string, to: string): void {
    this.#afterCopies(to, (backing) => backing.copyDisk(from, to));
  }

  dropDisk(id: string): void {
    this.#afterCopies(id, (backing) => backing.dropDisk(id));
  }

  /** Whether commands may really run. */
  get canRun(): boolean {
    return this.backing !== undefined;
  }

  async run(machine: Machine, script: string): Promise<CommandResult | undefined> {
    await this.#rows.get(machine.id);
    return this.backing?.run(machine, script);
  }

  /** Once everything that was told is done. */
  async settled(): Promise<void> {
    await Promise.all([...this.#rows.values(), this.#copies]);
  }

  async close(): Promise<void> {
    await this.settled();
    await this.backing?.close();
  }

  #after(machine: Machine, act: (backing: Backing) => Promise<void>): Promise<unknown> {
    const { backing } = this;
    if (!backing) return Promise.resolve();
    const row = this.#rows.get(machine.id) ?? Promise.resolve();
    const next = row.then(() => act(backing)).catch((error: unknown) => this.failed(machine.id, error));
    this.#rows.set(machine.id, next);
    void next.then(() => {
      if (this.#rows.get(machine.id) === next) this.#rows.delete(machine.id);
    });
    return next;
  }

  #afterCopies(id: string, act: (backing: Backing) => Promise<void>): void {
    const { backing } = this;
    if (!backing) return;
    this.#copies = this.#copies.then(() => act(backing)).catch((error: unknown) => this.failed(id, error));
  }
}
