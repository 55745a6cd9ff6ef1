import { constants } from "node:fs";
import { Readable } from "node:stream";
import type { SFTPWrapper } from "ssh2";
import { conflict, unavailable } from "@/lib/platform/errors";
import { assignedPath, rawPath, sftpPath } from "./names";
import { answered, type Link, runThere } from "./ssh";

const chunkBytes = 256 * 1024;

type Answer<T> = (error: Error | null | undefined, value: T) => void;

/** The status with which SFTP refuses, undefined for what is none. */
const sftpStatus = (error: unknown): number | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : undefined;

const sftpStatuses = { eof: 1, noSuchFile: 2, permission: 3, failure: 4 } as const;

/** One request over SFTP; `hostUnreachable` where it is not answered, the server's own refusal as it came. */
async function ask<T>(link: Link, request: (sftp: SFTPWrapper, done: Answer<T>) => void): Promise<T> {
  const sftp = await link.sftp();
  const call = new Promise<T>((resolve, reject) => {
    const onClosed = () => reject(unavailable("hostUnreachable"));
    sftp.once("close", onClosed);
    request(sftp, (error, value) => {
      sftp.off("close", onClosed);
      if (!error) return resolve(value);
      reject(sftpStatus(error) === undefined ? unavailable("hostUnreachable", error) : error);
    });
  });
  return answered(call, () => link.close());
}

/** `size` bytes of a file from `start` on. Ends early with `conflict fileChanged` where it is shorter by now. */
export function readRemote(link: Link, path: string, size: number, start = 0): Readable {
  const raw = rawPath(path);
  const name = sftpPath(raw);
  const bytes = name === null ? readByShell(link, raw, size, start) : readBySftp(link, name, size, start);
  return Readable.from(bytes, { objectMode: false });
}

async function* readBySftp(link: Link, path: string, size: number, start: number): AsyncGenerator<Buffer> {
  const handle = await ask<Buffer>(link, (sftp, done) => sftp.open(path, "r", done));
  try {
    for (let at = 0; at < size; ) {
      const wanted = Math.min(chunkBytes, size - at);
      const piece = await ask<Buffer>(link, (sftp, done) =>
        sftp.read(handle, Buffer.alloc(wanted), 0, wanted, start + at, (error, count, data) => {
          if (!error) done(null, data.subarray(0, count));
          else done(sftpStatus(error) === sftpStatuses.eof ? null : error, Buffer.alloc(0));
        }),
      );
      if (piece.length === 0 || piece.length > wanted) throw conflict("fileChanged");
      at += piece.length;
      yield piece;
    }
  } finally {
    await ask<void>(link, (sftp, done) => sftp.close(handle, (error) => done(error, undefined))).catch(
      () => undefined,
    );
  }
}

/** Our SFTP client speaks of UTF-8 names only; a shell takes any. */
async function* readByShell(link: Link, raw: Buffer, size: number, start: number): AsyncGenerator<Buffer> {
  const line = `${assignedPath("p", raw)}; tail -c +${start + 1} -- "$p" | head -c ${size}`;
  const channel = await link.run(line);
  channel.stderr.resume();
  try {
    let left = size;
    const chunks = channel[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    while (left > 0) {
      const step = await answered(chunks.next(), () => channel.destroy());
      if (step.done) throw conflict("fileChanged");
      const piece = step.value.subarray(0, left);
      left -= piece.length;
      yield piece;
    }
  } finally {
    channel.destroy();
  }
}

export type Outgoing = {
  path: string;
  mode: number;
  content: AsyncIterable<Uint8Array>;
  /** Seconds since 1970; now without. */
  mtime?: number;
};

/** Writes a file of the account, in the place of what is there; its folder is there. Throws the server's refusal. */
export async function writeRemote(link: Link, { path, mode, content, mtime }: Outgoing): Promise<void> {
  const raw = rawPath(path);
  const name = sftpPath(raw);
  if (name === null) return writeByShell(link, raw, { mode, content, mtime });
  const handle = await ask<Buffer>(link, (sftp, done) => sftp.open(name, "w", { mode }, done));
  try {
    let at = 0;
    for await (const piece of content) {
      const data = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      for (let from = 0; from < data.length; from += chunkBytes) {
        const part = data.subarray(from, from + chunkBytes);
        await ask<void>(link, (sftp, done) =>
          sftp.write(handle, part, 0, part.length, at, (error) => done(error, undefined)),
        );
        at += part.length;
      }
    }
    const times = mtime === undefined ? {} : { atime: mtime, mtime };
    await ask<void>(link, (sftp, done) =>
      sftp.fsetstat(handle, { mode, ...times }, (error) => done(error, undefined)),
    );
  } finally {
    await ask<void>(link, (sftp, done) => sftp.close(handle, (error) => done(error, undefined))).catch(
      () => undefined,
    );
  }
}

async function writeByShell(
  link: Link,
  raw: Buffer,
  { mode, content, mtime }: Omit<Outgoing, "path">,
): Promise<void> {
  const touch = mtime === undefined ? "" : ` && touch -d @${mtime} -- "$p"`;
  const channel = await link.run(
    `${assignedPath("p", raw)}; cat > "$p" && chmod ${mode.toString(8)} -- "$p"${touch}`,
  );
  const ended = new Promise<number | null>((resolve) => {
    channel.on("exit", (code: number | null) => resolve(code));
    channel.on("close", () => resolve(null));
  });
  channel.resume();
  channel.stderr.resume();
  for await (const piece of content)
    if (!channel.write(piece))
      await answered(new Promise((resolve) => channel.once("drain", resolve)), () => channel.destroy());
  channel.end();
  if ((await answered(ended, () => channel.destroy())) !== 0) throw unavailable("fileUnreadable");
}

/** Makes a folder; fine if there is one. */
export async function makeRemoteFolder(link: Link, path: string, mode = 0o755): Promise<void> {
  const raw = rawPath(path);
  const name = sftpPath(raw);
  if (name === null) return runThere(link, `${assignedPath("p", raw)}; mkdir -p -- "$p"`);
  try {
    await ask<void>(link, (sftp, done) => sftp.mkdir(name, { mode }, (error) => done(error, undefined)));
  } catch (error) {
    if (sftpStatus(error) !== sftpStatuses.failure) throw error;
    const found = await ask<{ mode: number }>(link, (sftp, done) => sftp.lstat(name, done));
    if ((found.mode & constants.S_IFMT) !== constants.S_IFDIR) throw error;
  }
}

export const materialsFolder = "materials";

/** The time that the task's files bear (seconds), 2000-01-01: who works on one gives it another, and it is fetched. */
export const untouchedAt = 946_684_800;

/** One of the task's own files, as it was brought. */
export const isMaterial = (path: string, mtime: number): boolean =>
  mtime === untouchedAt && path.startsWith(`${materialsFolder}/`);
