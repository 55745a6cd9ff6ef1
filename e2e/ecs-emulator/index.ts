import type { Keys } from "./account";
import type { Backing } from "./backing";
import type { BillSheet } from "./bill";
import type { Calls } from "./calls";
import { Cloud, type Leftovers } from "./cloud";
import { controlOf } from "./control";
import { Gate } from "./gate";
import type { KnobChange, Knobs } from "./knobs";
import { EmulatorServer } from "./server";

export type { Keys } from "./account";
export type { Backing, Machine } from "./backing";
export type { BillLine, BillSheet } from "./bill";
export type { Call } from "./calls";
export type { Leftovers } from "./cloud";
export type { FaultRule, KnobChange, Knobs } from "./knobs";

export interface EmulatorOptions {
  /**
   * The cloud's clock, ms. Without it real time passes and things happen by themselves; with it they happen when
   * somebody asks, in the order and at the times at which they were due. Signatures go by the wall clock always.
   */
  now?: () => number;
  backing?: Backing;
  knobs?: KnobChange;
  keys?: Keys[];
  host?: string;
  port?: number;
  /** A part of every id: one that is started again must not give ids that somebody remembers. */
  world?: string;
  /** What the control interface wants as bearer; without it nobody gets in over HTTP. */
  controlToken?: string;
  /** What went wrong in the emulator itself or behind an instance; by default it is written to stderr. */
  failed?: (what: string, error: unknown) => void;
}

export interface Emulator {
  /** `http://127.0.0.1:PORT`; the client takes `127.0.0.1:PORT` as endpoint, and `http` as protocol. */
  url: string;
  host: string;
  port: number;
  keys: readonly [Keys, ...Keys[]];
  /** The knobs as they are; change them with `set`, so that bills are cut at the change. */
  knobs: Readonly<Knobs>;
  calls: Calls;
  cloud: Cloud;
  set(change: KnobChange): void;
  /** Micro-yuan up to now. */
  bill(): BillSheet;
  leftovers(): Leftovers;
  advance(ms: number): void;
  /** The spot market takes an instance back: the notice now, the end after `spotNoticeMs`. */
  reclaim(instanceId: string): void;
  /** An instance is lost with its host. */
  fail(instanceId: string): void;
  /** Once what stands behind the instances has caught up. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const demoKeys: Keys = {
  accessKeyId: "LTAI5tLabyardEmulator01",
  accessKeySecret: "labyard-emulator-secret-00001",
};

/** Alibaba Cloud ECS on a loopback port, for the real client. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { host = "127.0.0.1", world = "labyard", knobs = {}, backing } = options;
  const { keys: [first = demoKeys, ...others] = [] } = options;
  const failed =
    options.failed ?? ((what, error) => process.stderr.write(`ecs-emulator: ${what}: ${String(error)}\n`));
  const keys: [Keys, ...Keys[]] = [first, ...others];
  const now = options.now ?? Date.now;
  const cloud = new Cloud({ now, keys, backing, world, knobs, failed });

  // Under real time things are due without anybody asking.
  let timer: NodeJS.Timeout | undefined;
  const wind = () => {
    clearTimeout(timer);
    const wait = options.now ? undefined : cloud.clock.idleFor();
    if (wait === undefined) return;
    timer = setTimeout(
      () => {
        cloud.clock.settle();
        wind();
      },
      Math.min(wait + 1, 2 ** 31 - 1),
    ).unref();
  };

  const gate = new Gate(cloud, Date.now);
  const emulator: Omit<Emulator, "url" | "port"> = {
    host,
    keys,
    cloud,
    knobs: cloud.knobs,
    calls: cloud.calls,
    set: (change) => {
      cloud.set(change);
      wind();
    },
    bill: () => {
      cloud.clock.settle();
      return cloud.bill.sheet();
    },
    leftovers: () => cloud.leftovers(),
    advance: (ms) => {
      cloud.clock.advance(ms);
      wind();
    },
    reclaim: (id) => {
      cloud.clock.settle();
      cloud.instances.reclaim(cloud.instances.get(id));
      wind();
    },
    fail: (id) => {
      cloud.clock.settle();
      cloud.instances.fail(cloud.instances.get(id));
    },
    settled: () => cloud.machines.settled(),
    close: async () => {
      clearTimeout(timer);
      await server.close();
      await cloud.machines.close();
    },
  };
  const server = new EmulatorServer(gate, controlOf(emulator, options.controlToken), failed, wind);
  const port = await server.listen(host, options.port ?? 0);
  return { ...emulator, port, url: `http://${host}:${port}` };
}
