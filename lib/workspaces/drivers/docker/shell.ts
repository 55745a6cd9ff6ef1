import { randomBytes } from "node:crypto";
import { Socket } from "node:net";
import { hostname } from "node:os";
import { sha256 } from "@/lib/platform/crypto";
import { env } from "@/lib/platform/env";
import { AppError, conflict } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import type { Shell, ShellWish, WorkspaceRef } from "../driver";
import { answered, asHostError, engine, engineStreams, statusOf } from "./connection";
import { containerName } from "./names";

// bash where there is one. Not a login shell: /etc/profile would put another PATH in the place of the image's.
const startShell =
  "unset JUPYTER_TOKEN; for shell in bash sh; do command -v $shell >/dev/null && exec $shell -i; done; exit 127";

/**
 * Run inside to look after shells that we opened: the engine can neither end what it started by exec nor say
 * what runs in front. A shell of ours leads a session and has our mark in its environment.
 *
 * `foreground MARK` prints the name of the program that the shell waits for; `end MARK` hangs up as a closed
 * window does; `sweep PREFIX MARKS` hangs up what an earlier process left: marks of the prefix, not in the list.
 */
const caretaker = `
each_shell() {
  for place in /proc/[0-9]*; do
    { read -r line < "$place/stat"; } 2>/dev/null || continue
    pid=\${place#/proc/}
    set -- \${line##*) }
    [ "$4" = "$pid" ] && [ "$5" != 0 ] || continue
    mark=$(tr '\\000' '\\n' < "$place/environ" 2>/dev/null | sed -n 's/^LABYARD_TERMINAL=//p')
    [ -n "$mark" ] && visit "$mark" "$pid" "$6"
  done
}
hang_up() {
  kill -HUP "$1" 2>/dev/null; kill -CONT "$1" 2>/dev/null
  [ "$2" -gt 0 ] && kill -HUP "-$2" 2>/dev/null
  for try in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" 2>/dev/null || return 0; sleep 0.1; done
  kill -KILL "$1" 2>/dev/null
}
case $1 in
  foreground) wanted=$2; visit() { [ "$1" = "$wanted" ] && [ "$3" -gt 0 ] && [ "$3" != "$2" ] && cat "/proc/$3/comm"; } ;;
  end) wanted=$2; visit() { [ "$1" = "$wanted" ] && hang_up "$2" "$3"; } ;;
  sweep) prefix=$2; known=$3; visit() {
    case $1 in "$prefix"*) ;; *) return ;; esac
    case ",$known," in *",$1,"*) ;; *) hang_up "$2" "$3" & ;; esac
  } ;;
esac
each_shell
wait
exit 0
`;

/** The same for a service that was restarted in this place, another for its copies elsewhere: they own their shells. */
const placeOf = (): string => sha256(`${env().DEPLOY_ID} ${hostname()} ${env().LISTEN}`).slice(0, 16);

/** Marks of the shells of this process. */
const marks = new Set<string>();

/** Opens a shell, or a program, with a terminal of its own in a running workspace, as the student. */
export async function exec(workspace: WorkspaceRef, wish: ShellWish): Promise<Shell> {
  const { endpoint } = workspace.host;
  const name = containerName(workspace.id);
  const mark = `${placeOf()}.${randomBytes(8).toString("hex")}`;
  marks.add(mark);
  try {
    const made = await answered(
      engineStreams(endpoint)
        .getContainer(name)
        .exec({
          Cmd: wish.command ? [...wish.command] : ["/bin/sh", "-c", startShell],
          User: "1000:1000",
          WorkingDir: "/home/student",
          Tty: true,
          AttachStdin: true,
          AttachStdout: true,
          AttachStderr: true,
          Env: Object.entries({ ...surroundings, ...wish.env, LABYARD_TERMINAL: mark }).map(
            ([key, value]) => `${key}=${value}`,
          ),
        }),
    );
    const stream = await answered(made.start({ hijack: true, stdin: true, Tty: true }));
    if (stream instanceof Socket) stream.setNoDelay(true).setTimeout(0);
    const resize = (cols: number, rows: number): Promise<void> =>
      answered(engine(endpoint).getExec(made.id).resize({ h: rows, w: cols })).then(
        () => undefined,
        // It has ended, or has not quite begun: then its size is of no matter, or is told again.
        () => undefined,
      );
    await resize(wish.cols, wish.rows);
    const exited = new Promise<void>((resolve) => {
      for (const event of ["end", "close", "error"]) stream.once(event, () => resolve());
    })
      .then(() => answered(engine(endpoint).getExec(made.id).inspect()))
      .then(
        ({ ExitCode, Pid }) => {
          // Never begun: what was to run is not there.
          if ((ExitCode === 126 || ExitCode === 127) && !Pid) throw conflict("terminal.noShell");
          return ExitCode ?? null;
        },
        () => null,
      )
      .finally(() => marks.delete(mark));
    exited.catch(() => undefined);
    return {
      stream,
      resize,
      exited,
      foreground: async () => (await care(endpoint, name, ["foreground", mark])).trim() || null,
      end: async () => {
        await care(endpoint, name, ["end", mark]).catch((error: unknown) => {
          // Frozen, or the host is away: the next shell that opens there sweeps it up.
          log().info({ err: error, workspaceId: workspace.id }, "a shell was not hung up");
        });
        stream.destroy();
      },
    };
  } catch (error) {
    marks.delete(mark);
    // 404: no such container; 409: it is frozen or has ended.
    if ([404, 409].includes(statusOf(error) ?? 0)) throw conflict("workspaceGone");
    // Engines of 25 on say at once that there is nothing of that name to run.
    if (/executable file not found|no such file or directory/.test(String(error)))
      throw conflict("terminal.noShell");
    throw error instanceof AppError ? error : asHostError(error);
  } finally {
    void care(endpoint, name, ["sweep", `${placeOf()}.`, [...marks].join(",")]).catch(() => undefined);
  }
}

const surroundings = {
  TERM: "xterm-256color",
  COLORTERM: "truecolor",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  HOME: "/home/student",
  SHELL: "/bin/bash",
} as const;

/** Runs the caretaker to its end; returns the little that it prints. */
async function care(endpoint: string, name: string, args: readonly string[]): Promise<string> {
  const made = await answered(
    engine(endpoint)
      .getContainer(name)
      .exec({
        Cmd: ["/bin/sh", "-c", caretaker, "caretaker", ...args],
        User: "1000:1000",
        Tty: true,
        AttachStdout: true,
        AttachStderr: true,
      }),
  );
  const stream = await answered(made.start({ Tty: true }));
  const ended = (async () => {
    let text = "";
    for await (const part of stream) if (text.length < 1_000) text += String(part);
    return text;
  })();
  try {
    return await answered(ended, 10_000);
  } finally {
    stream.destroy();
  }
}
