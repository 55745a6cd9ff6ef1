import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import fs from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Attributes, type PublicKeyAuthContext, Server, type SFTPWrapper, utils } from "ssh2";
import { keyOf } from "./key";
import type { Machine } from "./ssh";

// An instance without a cloud: an SSH server in this process whose account lives in a folder.

const { OPEN_MODE, STATUS_CODE } = utils.sftp;

export type Instance = {
  machine: Machine;
  /** What its accounts' home is. */
  folder: string;
  /** Answers to commands and requests, for one that lies. */
  twist: Twist;
  connections(): number;
  close(): Promise<void>;
};

type Twist = {
  /** Prints this before every command, as a careless profile does. */
  greeting?: string;
  /** What listing says, in place of the truth. */
  listing?: (write: (text: string | Buffer) => boolean, isOver: () => boolean) => Promise<void>;
  /** A read that never ends, or ends early. */
  read?: (path: string, offset: number, length: number) => Buffer | null;
  password?: string;
};

let hostKey: string | undefined;

/** Starts one on a port of its own. */
export async function openInstance(folder: string, workspaceId: string): Promise<Instance> {
  hostKey ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
    type: "pkcs1",
    format: "pem",
  }) as string;
  const twist: Twist = {};
  const password = "Ly7right";
  let kept: string | null = null;
  let connections = 0;
  const children = new Set<ChildProcess>();
  const server = new Server({ hostKeys: [hostKey] }, (client) => {
    connections++;
    (client as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
    client.on("error", () => undefined);
    client.on("authentication", (attempt) => {
      const isRight = attempt.method === "password" && attempt.password === (twist.password ?? password);
      if (isRight || (attempt.method === "publickey" && takes(folder, attempt))) attempt.accept();
      else attempt.reject(["publickey", "password"]);
    });
    client.on("session", (accept) => {
      const session = accept();
      session.on("pty", (ok) => ok?.());
      session.on("window-change", (ok) => ok?.());
      session.on("sftp", (ok) => serveFiles(ok(), folder, twist));
      session.on("exec", (ok, _no, { command }) => {
        const channel = ok();
        channel.on("error", () => undefined);
        if (twist.greeting) channel.write(twist.greeting);
        if (twist.listing && command.includes("LABYARD-TREE")) {
          let isOver = false;
          channel.on("close", () => {
            isOver = true;
          });
          void twist
            .listing(
              (text) => channel.write(text),
              () => isOver,
            )
            .then(() => {
              channel.exit(0);
              channel.end();
            });
          return;
        }
        const child = spawn("/bin/sh", ["-c", command], {
          cwd: folder,
          env: { NODE_ENV: "test", PATH: "/usr/bin:/bin", HOME: folder },
        });
        children.add(child);
        channel.pipe(child.stdin);
        child.stdin.on("error", () => undefined);
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        channel.on("close", () => child.kill());
        child.on("close", (code) => {
          children.delete(child);
          channel.exit(code ?? 1);
          channel.end();
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    machine: {
      workspaceId,
      host: "127.0.0.1",
      port,
      user: "student",
      password,
      privateKey: keyOf("secret").privateKey,
      get hostKey() {
        return kept;
      },
      pin: async (key) => {
        kept ??= key;
        return kept;
      },
    },
    folder,
    twist,
    connections: () => connections,
    close: () => {
      for (const child of children) child.kill();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Whether the account's list has this key, and what came with it was signed by it. */
function takes(folder: string, { key, signature, blob, hashAlgo }: PublicKeyAuthContext): boolean {
  const file = join(folder, ".ssh/authorized_keys");
  const list = existsSync(file) ? readFileSync(file, "utf8") : "";
  const known = list.split("\n").find((line) => line.split(" ")[1] === key.data.toString("base64"));
  const parsed = known ? utils.parseKey(known) : null;
  if (!parsed || parsed instanceof Error) return false;
  return !signature || !blob || parsed.verify(blob, signature, hashAlgo) === true;
}

/** So much of SFTP as is used, on a folder of this machine. */
function serveFiles(sftp: SFTPWrapper, folder: string, twist: Twist): void {
  const handles = new Map<number, { file: fs.FileHandle; path: string }>();
  let last = 0;
  const at = (path: string) => (path.startsWith("/") ? path : join(folder, path));
  const fileOf = (handle: Buffer) => {
    const found = handles.get(handle.readUInt32BE(0));
    if (!found) throw new Error("no such handle");
    return found;
  };
  const answer = (id: number, work: () => Promise<void>) =>
    void work().catch((error: NodeJS.ErrnoException) => {
      const isMissing = error.code === "ENOENT" || error.code === "ENOTDIR";
      sftp.status(id, isMissing ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE);
    });
  const done = (id: number, work: () => Promise<unknown>) =>
    answer(id, async () => {
      await work();
      sftp.status(id, STATUS_CODE.OK);
    });
  const attributes = (found: Awaited<ReturnType<typeof fs.lstat>>): Attributes => ({
    mode: Number(found.mode),
    uid: 1000,
    gid: 1000,
    size: Number(found.size),
    atime: Math.floor(Number(found.atimeMs) / 1000),
    mtime: Math.floor(Number(found.mtimeMs) / 1000),
  });
  sftp.on("OPEN", (id, path, flags, { mode }) =>
    answer(id, async () => {
      const how = (flags & OPEN_MODE.WRITE) === 0 ? "r" : (flags & OPEN_MODE.EXCL) === 0 ? "w" : "wx";
      const file = await fs.open(at(path), how, mode ?? 0o644);
      handles.set(++last, { file, path });
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(last);
      sftp.handle(id, handle);
    }),
  );
  sftp.on("READ", (id, handle, offset, length) =>
    answer(id, async () => {
      const { file, path } = fileOf(handle);
      const lie = twist.read?.(path, offset, length);
      if (lie) return void sftp.data(id, lie);
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
      if (bytesRead === 0 || lie === null) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, buffer.subarray(0, bytesRead));
    }),
  );
  sftp.on("WRITE", (id, handle, offset, data) =>
    done(id, () => fileOf(handle).file.write(data, 0, data.length, offset)),
  );
  sftp.on("FSETSTAT", (id, handle, { mode, atime, mtime }) =>
    done(id, async () => {
      const { file } = fileOf(handle);
      if (mode !== undefined) await file.chmod(mode);
      if (mtime !== undefined) await file.utimes(atime ?? mtime, mtime);
    }),
  );
  sftp.on("CLOSE", (id, handle) =>
    done(id, async () => {
      const { file } = fileOf(handle);
      handles.delete(handle.readUInt32BE(0));
      await file.close();
    }),
  );
  sftp.on("MKDIR", (id, path, { mode }) => done(id, () => fs.mkdir(at(path), mode)));
  sftp.on("REMOVE", (id, path) => done(id, () => fs.unlink(at(path))));
  sftp.on("RMDIR", (id, path) => done(id, () => fs.rmdir(at(path))));
  sftp.on("RENAME", (id, from, to) => done(id, () => fs.rename(at(from), at(to))));
  sftp.on("LSTAT", (id, path) =>
    answer(id, async () => void sftp.attrs(id, attributes(await fs.lstat(at(path))))),
  );
  sftp.on("STAT", (id, path) =>
    answer(id, async () => void sftp.attrs(id, attributes(await fs.stat(at(path))))),
  );
}
