import type { Emulator } from "@/e2e/ecs-emulator";

type Chance = { between(low: number, high: number): number; pick<T>(all: readonly T[]): T };

const refusals = [
  { status: 500, code: "InternalError" },
  { status: 503, code: "ServiceUnavailable" },
  { status: 409, code: "OperationConflict" },
  { status: 400, code: "Throttling.User" },
];
const made = [
  ...["RunInstances", "CreateSnapshot", "StartInstance", "StopInstance", "ReplaceSystemDisk"],
  "DeleteInstance",
];
const asked = ["DescribeInstances", "DescribeDisks", "ModifyInstanceAutoReleaseTime", "DescribePrice"];
const actions = [...made, ...made, ...asked, "any"];

/** One more thing that goes wrong from now on, in a cloud that may have others; says what it is. */
export function addTrouble(emulator: Emulator, { pick, between }: Chance): string {
  const { faults, stock, deniedActions } = emulator.knobs;
  const kind = pick([
    "once",
    "once",
    "once",
    "often",
    "stock",
    "lag",
    "slow",
    "denied",
    "balance",
    "throttle",
  ]);
  switch (kind) {
    case "once":
    case "often": {
      const one = pick(actions);
      const action = one === "any" ? undefined : one;
      const how = pick(["drop-before", "drop-after", "drop-after", "error", "error-after"] as const);
      // What was done and then answered as refused is a 5xx; nothing else happens to be so.
      const refusal = how === "error-after" ? { status: 500, code: "InternalError" } : pick(refusals);
      const times = kind === "once" ? 1 : Math.floor(between(2, 6));
      const nth = kind === "once" ? Math.floor(between(1, 5)) : undefined;
      emulator.set({ faults: [...faults, { action, nth, times, kind: how, ...refusal }] });
      return `${one} ${nth ?? ""} ×${times}: ${how} ${how.startsWith("error") ? refusal.code : ""}`;
    }
    case "stock": {
      const zone = pick(["cn-hangzhou-h", "cn-hangzhou-i", "*"]);
      emulator.set({ stock: { ...stock, [zone]: { "*": pick([0, 1]) } } });
      return `no stock in ${zone}`;
    }
    case "lag":
      emulator.set({ listLagMs: 20_000 });
      return "lists are late";
    case "slow":
      emulator.set({ pendingMs: 90_000, startingMs: 30_000, stoppingMs: 20_000, deletingMs: 15_000 });
      return "everything takes long";
    case "denied": {
      const action = pick(made);
      emulator.set({ deniedActions: [...deniedActions, action] });
      return `${action} is not allowed`;
    }
    case "balance":
      emulator.set({ balance: 50_000_000 });
      return "the account is empty";
    default:
      emulator.set({ throttle: { [pick(made)]: 1, DescribeInstances: 6 } });
      return "few calls a minute";
  }
}

/** Everything works again. */
export function endTrouble(emulator: Emulator): void {
  emulator.set({
    faults: [],
    stock: {},
    deniedActions: [],
    balance: null,
    throttle: {},
    listLagMs: 0,
    pendingMs: 500,
    startingMs: 1_500,
    stoppingMs: 1_000,
    deletingMs: 0,
  });
}
