import type { Bill } from "./bill";
import type { Knobs } from "./knobs";
import { Refusal } from "./refusal";

export interface Keys {
  accessKeyId: string;
  accessKeySecret: string;
}

/** Pay-as-you-go is refused below this, micro-yuan. */
const leastBalance = 100_000_000;

/** Who calls, what they may, and whether they can pay. */
export class Account {
  constructor(
    private readonly knobs: Knobs,
    private readonly bill: Bill,
    readonly keys: readonly Keys[],
  ) {}

  secretOf(accessKeyId: string): string | undefined {
    return this.keys.find((one) => one.accessKeyId === accessKeyId)?.accessKeySecret;
  }

  /** Refuses what the RAM policy of the keys does not grant. */
  permit(action: string): void {
    if (!this.knobs.deniedActions.includes(action)) return;
    throw new Refusal(
      403,
      "Forbidden.RAM",
      `User not authorized to operate on the specified resource: ${action}.`,
    );
  }

  /** Refuses to buy what cannot be paid. */
  canBuy(): void {
    const { accountStatus, balance } = this.knobs;
    if (accountStatus === "unverified") throw new Refusal(403, "RealNameAuthenticationError");
    const isPoor = balance !== null && balance - this.bill.total() < leastBalance;
    if (accountStatus === "overdue" || isPoor) {
      const why = "Your account does not have enough balance.";
      throw new Refusal(403, "InvalidAccountStatus.NotEnoughBalance", why);
    }
  }
}
