import { readFileSync } from "node:fs";
import { join } from "node:path";

export type Account = { username: string; password: string };

/** The demo accounts that the service under test wrote when it first started: `role username password` lines. */
export function demoAccounts(role: "superadmin" | "teacher" | "student"): Account[] {
  const file =
    process.env.E2E_ACCOUNTS ??
    join(process.env.LABYARD_HOME ?? "/var/lib/labyard", "run", `accounts.${process.env.E2E_DEPLOY}`);
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.split(/\s+/))
    .filter((part) => part[0] === role)
    .map(([, username = "", password = ""]) => ({ username, password }));
}

/** The first demo account of a role. */
export function demoAccount(role: "superadmin" | "teacher" | "student"): Account {
  const [account] = demoAccounts(role);
  if (!account) throw new Error(`no demo account of a ${role}`);
  return account;
}
