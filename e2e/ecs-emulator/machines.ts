import type { Backing, Machine } from "./backing";

/** Tells a backing what happens, one thing after the other for each instance, without holding up the cloud. */
export class Machines {
  readonly #rows = new Map<string, Promise<unknown>>();

  constructor(
    private readonly backing: Backing | undefined,
    private readonly failed: (machine: Machine, error: unknown) => void,
  ) {}

  /** Whether instances have addresses of the backing's, not of their vSwitch. */
  get ownAddresses(): boolean {
    return this.backing !== undefined;
  }

  takeAddress(): string | undefined {
    return this.backing?.takeAddress();
  }

  tell(what: "boot" | "halt" | "renew", machine: Machine): void {
    this.#after(machine, (backing) => backing[what](machine));
  }

  remove(machine: Machine): void {
    this.#after(machine, async (backing) => {
      await backing.remove(machine);
      backing.giveAddress(machine.address);
    });
  }

  saveImage(machine: Machine, imageId: string): void {
    this.#after(machine, (backing) => backing.saveImage(machine, imageId));
  }

  dropImage(imageId: string): void {
    void this.backing?.dropImage(imageId).catch(() => undefined);
  }

  /** Whether commands really run. */
  get canRun(): boolean {
    return this.backing !== undefined;
  }

  async run(machine: Machine, script: string): Promise<{ exitCode: number; output: Buffer } | undefined> {
    await this.#rows.get(machine.id);
    return this.backing?.run(machine, script);
  }

  /** Once everything that was told is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#rows.values());
  }

  async close(): Promise<void> {
    await this.settled();
    await this.backing?.close();
  }

  #after(machine: Machine, act: (backing: Backing) => Promise<void>): void {
    const { backing } = this;
    if (!backing) return;
    const row = this.#rows.get(machine.id) ?? Promise.resolve();
    const next = row.then(() => act(backing)).catch((error: unknown) => this.failed(machine, error));
    this.#rows.set(machine.id, next);
    void next.then(() => {
      if (this.#rows.get(machine.id) === next) this.#rows.delete(machine.id);
    });
  }
}
