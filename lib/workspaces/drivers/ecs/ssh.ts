import { createHash, timingSafeEqual } from "node:crypto";
import { Client, type ClientChannel, type SFTPWrapper } from "ssh2";
import { type AppError, toAppError, unavailable } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";

/** An instance as SSH reaches it. */
export type Machine = {
  workspaceId: string;
  host: string;
  port: number;
  user: string;
  password: string;
  /** Tried before the password, which its student may have changed. */
  privateKey: string;
  /** What it showed at the first connection; null: this is the first. */
  hostKey: string | null;
  /** Keeps what it shows now if nothing is kept yet; returns what is kept. */
  pin(hostKey: string): Promise<string>;
};

/** A connection that is shared by all who need one to this instance. */
export type Link = {
  /** Runs a line of a POSIX shell in the home of the account. */
  run(line: string, pty?: { cols: number; rows: number }): Promise<ClientChannel>;
  sftp(): Promise<SFTPWrapper>;
  /** Throws what broke it, once it is broken. */
  check(): void;
  close(): void;
};

/** ms. */
const patience = { connect: 10_000, keepAlive: 10_000, answer: 30_000 };

const shared = globalThis as typeof globalThis & { labyardLinks?: Map<string, Promise<Link>> };
const links = (): Map<string, Promise<Link>> => {
  shared.labyardLinks ??= new Map();
  return shared.labyardLinks;
};

/**
 * The connection to an instance, made where there is none. Throws `hostUnreachable` for one that does not answer in
 * 10 s, `instanceRefused` where it takes neither our key nor our password, `instanceForged` where it is another machine now.
 */
export function linkTo(machine: Machine): Promise<Link> {
  const known = links().get(machine.workspaceId);
  if (known) return known;
  const made = connect(machine, () => {
    if (links().get(machine.workspaceId) === made) links().delete(machine.workspaceId);
  });
  links().set(machine.workspaceId, made);
  made.catch(() => {
    if (links().get(machine.workspaceId) === made) links().delete(machine.workspaceId);
  });
  return made;
}

/** Ends the connection to an instance that stops or goes. Fine without one. */
export function unlink(workspaceId: string): void {
  const known = links().get(workspaceId);
  links().delete(workspaceId);
  known?.then(
    (link) => link.close(),
    () => undefined,
  );
}

const fingerprint = (key: Buffer): string => `SHA256:${createHash("sha256").update(key).digest("base64")}`;

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

async function connect(machine: Machine, onClosed: () => void): Promise<Link> {
  const client = new Client();
  let shown = "";
  let broken: AppError | undefined;
  const ready = Promise.withResolvers<void>();
  client.on("ready", ready.resolve);
  client.on("connect", () => client.setNoDelay(true));
  client.on("error", (error) => {
    const { level } = error as { level?: string };
    broken ??=
      machine.hostKey && shown && !same(shown, machine.hostKey)
        ? unavailable("instanceForged")
        : unavailable(level === "client-authentication" ? "instanceRefused" : "hostUnreachable", error);
    ready.reject(broken);
  });
  client.on("close", () => {
    broken ??= unavailable("hostUnreachable");
    ready.reject(broken);
    onClosed();
  });
  client.connect({
    host: machine.host,
    port: machine.port,
    username: machine.user,
    password: machine.password,
    privateKey: machine.privateKey,
    authHandler: ["publickey", "password"],
    readyTimeout: patience.connect,
    keepaliveInterval: patience.keepAlive,
    keepaliveCountMax: 3,
    hostVerifier: (key: Buffer) => {
      shown = fingerprint(key);
      return machine.hostKey === null || same(shown, machine.hostKey);
    },
  });
  // It keeps no process alive.
  (client as unknown as { _sock?: { unref(): void } })._sock?.unref();
  try {
    await ready.promise;
    // Two that connect for the first time at once, and one of them to somebody else.
    if (!same(await machine.pin(shown), shown)) throw unavailable("instanceForged");
  } catch (error) {
    client.destroy();
    log().info({ err: error, workspaceId: machine.workspaceId }, "an instance is not reached by SSH");
    throw toAppError(error);
  }
  const check = () => {
    if (broken) throw broken;
  };
  let files: Promise<SFTPWrapper> | undefined;
  const asked = <T>(ask: (done: (error: Error | undefined, value: T) => void) => void): Promise<T> =>
    answered(
      new Promise<T>((resolve, reject) => {
        check();
        ask((error, value) =>
          error ? reject(broken ?? unavailable("hostUnreachable", error)) : resolve(value),
        );
      }),
      () => client.destroy(),
    );
  return {
    check,
    run: (line, pty) =>
      asked((done) =>
        client.exec(
          `exec /bin/sh -c ${quoted(line)}`,
          pty ? { pty: { ...pty, term: "xterm-256color" } } : {},
          done,
        ),
      ),
    sftp: () => {
      files ??= asked<SFTPWrapper>((done) => client.sftp(done)).then((made) => {
        made.on("error", () => undefined);
        made.on("close", () => {
          files = undefined;
        });
        return made;
      });
      files.catch(() => {
        files = undefined;
      });
      return files;
    },
    close: () => void client.end().destroy(),
  };
}

/** One word of a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** An answer in time, or `hostUnreachable` and the end of what does not answer. */
export function answered<T>(call: Promise<T>, onLate: () => void, ms = patience.answer): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onLate();
      reject(unavailable("hostUnreachable"));
    }, ms);
  });
  return Promise.race([call, late]).finally(() => clearTimeout(timer));
}

/** Runs a line of a shell to its end, whatever it says. */
export async function runThere(link: Link, line: string): Promise<void> {
  const channel = await link.run(line);
  channel.resume();
  channel.stderr.resume();
  await answered(new Promise((resolve) => channel.once("close", resolve)), () => channel.destroy());
}
