import { and, eq } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { cloudAccounts } from "@/db/schema/clouds";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import { rowOf } from "./api/error-table";
import type { CloudAccount } from "./region";

/** The cloud refuses the account itself: nothing is started in it until an administrator has checked it. */
export async function freezeAccount(ctx: Ctx, account: CloudAccount, code: string): Promise<void> {
  await transact(ctx.db, async (tx) => {
    const frozen = await tx
      .update(cloudAccounts)
      .set({ status: "frozen", frozenCause: code })
      .where(and(eq(cloudAccounts.id, account.id), eq(cloudAccounts.status, "enabled")));
    if (affected(frozen) === 0) return;
    ctx.log.error({ account: account.name, code }, "a cloud account is frozen");
    await recordAudit(ctx, tx, {
      action: "cloudAccount.freeze",
      targetType: "cloudAccount",
      targetId: account.id,
      after: { status: "frozen", cause: code },
    });
    await publishChange(ctx, tx, ["admin"], "cloud.account", { accountId: account.id, status: "frozen" });
  });
}

/** Refuses a new start with the sentence of what froze the account. */
export function refuseFrozen(account: CloudAccount): void {
  if (account.status === "disabled") throw conflict("cloud.accountDisabled", { account: account.name });
  if (account.status !== "frozen") return;
  const code = account.frozenCause ?? "";
  throw conflict(`cloud.${rowOf(code, 400).key}`, { code, action: "", seconds: 0, account: account.name });
}
