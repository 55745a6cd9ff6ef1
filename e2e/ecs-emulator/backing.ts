/** What a backing has to know of an instance. */
export interface Machine {
  id: string;
  name: string;
  address: string;
  os: "linux" | "windows";
  /** What its system disk is made from: an image, or a snapshot. */
  source: string;
  /** A script for the first boot; empty without one. */
  userData: string;
  /** The password of its users; undefined without one. */
  password: string | undefined;
}

export interface CommandResult {
  exitCode: number;
  output: Buffer;
}

/**
 * What stands behind the instances, told in the order of events and one after the other for each instance. Nothing
 * of it decides about states or money: a machine that does not come up is an instance that runs and is not ready.
 */
export interface Backing {
  /** An address that nobody has, for a new instance. */
  takeAddress(): string;
  giveAddress(address: string): void;
  /** Power on: a new machine, or one that was off. */
  boot(machine: Machine): Promise<void>;
  halt(machine: Machine): Promise<void>;
  /** The disk is made anew from an image, the machine is off. */
  renew(machine: Machine): Promise<void>;
  remove(machine: Machine): Promise<void>;
  /** Keeps the machine's system disk under this id, from which others may boot. */
  saveDisk(machine: Machine, id: string): Promise<void>;
  copyDisk(from: string, to: string): Promise<void>;
  dropDisk(id: string): Promise<void>;
  /** Runs a shell script as root; undefined where nothing can run. */
  run(machine: Machine, script: string): Promise<CommandResult | undefined>;
  close(): Promise<void>;
}
