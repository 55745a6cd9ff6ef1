import type { CloudSpec } from "@/db/schema/templates";
import { quoted } from "./ssh";

/** Accounts that the cloud itself gives the instance's password to. */
const given: Record<CloudSpec["os"], readonly string[]> = {
  linux: ["root", "ecs-user"],
  windows: ["Administrator"],
};

/**
 * What an instance runs at its first start: the template's own script and, where students work as another account than
 * the cloud's, that account with its password before it. Undefined: the template's stays as it is.
 */
export function userDataFor({ os, user, userData }: CloudSpec, password: string): string | undefined {
  if (given[os].includes(user)) return undefined;
  return os === "windows" ? windowsScript(user, password, userData) : linuxScript(user, password, userData);
}

function linuxScript(user: string, password: string, userData: string): string {
  const name = quoted(user);
  const account = `id ${name} >/dev/null 2>&1 || useradd -m -s /bin/bash ${name}
echo ${quoted(`${user}:${password}`)} | chpasswd
mkdir -p /etc/ssh/sshd_config.d
echo 'PasswordAuthentication yes' > /etc/ssh/sshd_config.d/10-labyard.conf
systemctl reload ssh sshd 2>/dev/null`;
  if (!userData.trim()) return `#!/bin/sh\n${account}\n`;
  // The template's script may be of another interpreter.
  const script = Buffer.from(userData.startsWith("#!") ? userData : `#!/bin/sh\n${userData}`).toString(
    "base64",
  );
  return `#!/bin/sh\n${account}
file=$(mktemp)
echo ${script} | base64 -d > "$file"
chmod 0700 "$file"
exec "$file"
`;
}

function windowsScript(user: string, password: string, userData: string): string {
  const own = userData.replace(/^\s*\[powershell\]\s*/i, "");
  const name = `'${user.replaceAll("'", "''")}'`;
  // Without /y a password of more than 14 characters is asked about. The group has another name in other languages.
  return `[powershell]
net user ${name} '${password}' /add /y
net user ${name} '${password}' /y
$group = ([Security.Principal.SecurityIdentifier]'S-1-5-32-555').Translate([Security.Principal.NTAccount]).Value
net localgroup $group.Split('\\')[1] ${name} /add
${own}
`;
}
