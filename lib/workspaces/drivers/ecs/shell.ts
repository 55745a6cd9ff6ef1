import { conflict, toAppError } from "@/lib/platform/errors";
import type { Shell, ShellWish, WorkspaceRef } from "../driver";
import { linkOf } from "./machine";
import { answered, quoted } from "./ssh";

const name = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Which of the account's processes the terminal of this shell waits for; nothing while that is the shell. */
const foregroundOf = (pid: number) =>
  `read -r line < /proc/${pid}/stat; set -- \${line##*) }; [ "$6" != "$3" ] && cat "/proc/$6/comm"`;

/** Opens a shell on an instance, over SSH, as the account that the student works with. */
export async function exec(workspace: WorkspaceRef, wish: ShellWish): Promise<Shell> {
  const link = await linkOf(workspace.id).catch((error: unknown) => {
    throw toAppError(error).key === "hostUnreachable" ? conflict("workspaceGone") : error;
  });
  const words = Object.entries({ COLORTERM: "truecolor", ...wish.env }).filter(([key]) => name.test(key));
  const exports = words.map(([key, value]) => `export ${key}=${quoted(value)};`).join(" ");
  const command = wish.command?.map(quoted).join(" ");
  const start = command
    ? `command -v ${quoted(wish.command?.[0] ?? "")} >/dev/null || exit 127; exec ${command}`
    : "for shell in bash sh; do command -v $shell >/dev/null && exec $shell -l; done; exit 127";
  // First of all it says who it is: SSH does not.
  const channel = await link.run(`printf '%s\\n' $$; ${exports} ${start}`, {
    cols: wish.cols,
    rows: wish.rows,
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    channel.on("exit", (code: number | null) =>
      code === 127 && wish.command ? reject(conflict("terminal.noShell")) : resolve(code),
    );
    channel.on("close", () => resolve(null));
  });
  exited.catch(() => undefined);
  const pid = await answered(firstLine(channel), () => channel.destroy());
  return {
    stream: channel,
    resize: async (cols, rows) => void channel.setWindow(rows, cols, 0, 0),
    exited,
    foreground: async () => {
      const asked = await link.run(foregroundOf(pid));
      asked.stderr.resume();
      let said = "";
      for await (const part of asked) if (said.length < 200) said += String(part);
      return said.trim() || null;
    },
    end: async () => {
      const asked = await link
        .run(`kill -HUP ${pid} -${pid} 2>/dev/null; sleep 1; kill -KILL ${pid} 2>/dev/null`)
        .catch(() => null);
      asked?.resume();
      asked?.stderr.resume();
      channel.destroy();
    },
  };
}

/** Takes the number that the shell printed first; all after it stays in the stream. */
async function firstLine(channel: NodeJS.ReadableStream & { unshift(chunk: Buffer): void }): Promise<number> {
  let seen: Buffer = Buffer.alloc(0);
  for (;;) {
    const part = channel.read() as Buffer | null;
    if (part) seen = Buffer.concat([seen, part]);
    const at = seen.indexOf("\n");
    if (at >= 0) {
      const rest = seen.subarray(at + 1);
      if (rest.length > 0) channel.unshift(rest);
      const pid = Number(seen.subarray(0, at).toString("latin1").replace(/\D/g, ""));
      if (!Number.isInteger(pid) || pid < 1) throw conflict("terminal.noShell");
      return pid;
    }
    if (seen.length > 4096) throw conflict("terminal.noShell");
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        for (const event of ["readable", "end", "close"]) channel.off(event, done);
        if ((channel as unknown as { destroyed: boolean }).destroyed) reject(conflict("terminal.noShell"));
        else resolve();
      };
      for (const event of ["readable", "end", "close"]) channel.on(event, done);
    });
  }
}
