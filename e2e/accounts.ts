import { readFileSync } from "node:fs";
import { join } from "node:path";

export type Account = { username: string; password: string };

/** The first demo account of a role, as the service under test wrote it when it first started: `role username password`. */
export function demoAccount(role: "superadmin" | "teacher" | "student"): Account {
  const file =
    process.env.E2E_ACCOUNTS ??
    join(process.env.LABYARD_HOME ?? "/var/lib/labyard", "run", `accounts.${process.env.E2E_DEPLOY}`);
  const lines = readFileSync(file, "utf8").split("\n");
  const [, username, password] = lines.map((line) => line.split(/\s+/)).find(([of]) => of === role) ?? [];
  if (!username || !password) throw new Error(`no demo account of a ${role}`);
  return { username, password };
}
