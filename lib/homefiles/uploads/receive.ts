import { Server } from "@tus/server";
import { z } from "zod";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { conflict, limit } from "@/lib/platform/errors";
import { randomToken } from "@/lib/platform/ids";
import { listHomeFiles } from "@/lib/workspaces";
import { loadWritable } from "../load";
import { uploadLocks } from "./locks";
import { UploadStore } from "./store";

const mb = 1024 ** 2;
/** What waits of one attempt at a time; a browser puts them into the home in batches long before. */
const waitingAtMost = 1_000;

const pathInput = z
  .string()
  .max(4096)
  .refine((path) => path.split("/").every(isName));

/** As it stands in a path: `\xNN` is one byte. */
function isName(name: string): boolean {
  const bytes = Buffer.byteLength(name.replace(/\\x[0-9a-f]{2}/g, "x"));
  return bytes > 0 && bytes <= 255 && name !== "." && name !== ".." && !name.includes("\0");
}

/**
 * One request of the tus protocol for uploads into the home of an attempt: creation with `path` in its metadata, a
 * piece, where it stands, giving it up. Bytes only wait here: `placeUploads` puts them into the home.
 *
 * Throws what `loadWritable` throws, `fileTooLarge`, `homefiles.homeFull`, `homefiles.badName`,
 * `homefiles.tooManyUploads`, `fileStoreFull`, `notFound.file`.
 */
export async function receiveUpload({
  ctx,
  input: { attemptId },
  request,
}: {
  ctx: Ctx;
  input: { attemptId: string };
  request: Request;
}): Promise<Response> {
  const { attempt } = await loadWritable(ctx, attemptId);
  const base = `/api/attempts/${attempt.id}/uploads`;
  const store = new UploadStore(attempt.id);
  let refusal: Error | undefined;
  let leave = () => {};
  const server = new Server({
    path: base,
    datastore: store,
    locker: uploadLocks,
    allowedOrigins: [],
    generateUrl: (_request, { id }) => `${base}/${id}`,
    getFileIdFromRequest: (_request, last) => last,
    namingFunction: () => randomToken(16),
    onUploadCreate: async (_request, { size = 0, metadata }) => {
      if (!pathInput.safeParse(metadata?.path).success) throw conflict("homefiles.badName");
      leave = await turnOf(attempt.id);
      await requireRoom(ctx, attempt.id, store, size);
      return {};
    },
    onResponseError: (_request, error) => {
      // tus has words of its own for what went wrong in its protocol; ours go the way of all errors.
      if (error instanceof Error) refusal = error;
      return undefined;
    },
  });
  const create = store.create.bind(store);
  store.create = (upload) => create(upload).finally(() => leave());
  const response = await server.handleWeb(request).finally(() => leave());
  if (refusal) throw refusal;
  return response;
}

const turns = new Map<string, Promise<void>>();

/** One at a time is let in, from the look at the room until it counts: of many at once, each would find room. */
async function turnOf(attemptId: string): Promise<() => void> {
  const before = turns.get(attemptId);
  const { promise, resolve } = Promise.withResolvers<void>();
  turns.set(attemptId, promise);
  await before;
  return () => {
    resolve();
    if (turns.get(attemptId) === promise) turns.delete(attemptId);
  };
}

/** Room in the home for this one and all that wait for it, so that nobody waits for an upload that cannot fit. */
async function requireRoom(ctx: Ctx, attemptId: string, store: UploadStore, size: number): Promise<void> {
  const max = env().UPLOAD_MAX_MB;
  if (size > max * mb) throw limit("fileTooLarge", { max });
  let room = await roomOf(ctx, attemptId, store);
  if (size > room.free) {
    // Somebody may have made room inside since.
    forgetSpace(attemptId);
    room = await roomOf(ctx, attemptId, store);
  }
  if (room.count >= waitingAtMost) throw limit("homefiles.tooManyUploads", { max: waitingAtMost });
  if (size > room.free) {
    const freeMb = Math.floor(Math.max(0, room.free) / mb);
    throw limit("homefiles.homeFull", { needMb: Math.ceil(size / mb), freeMb });
  }
  room.free -= size;
  room.count++;
}

/** What is left of the home when all that waits is in it, and how many of them there are. */
type Room = { free: number; count: number };

const roomMs = 10_000;
const rooms = new Map<string, { at: number; room: Promise<Room> }>();

/** As it was at most ten seconds ago, less what was let in since: a folder of many files asks once. */
function roomOf(ctx: Ctx, attemptId: string, store: UploadStore): Promise<Room> {
  const now = performance.now();
  for (const [id, { at }] of rooms) if (now - at > roomMs) rooms.delete(id);
  const known = rooms.get(attemptId);
  if (known) return known.room;
  const room = Promise.all([listHomeFiles(ctx, attemptId, ""), store.list()]).then(
    ([{ space }, waiting]) => ({
      free: (space?.free ?? Number.POSITIVE_INFINITY) - waiting.reduce((sum, one) => sum + one.size, 0),
      count: waiting.length,
    }),
  );
  rooms.set(attemptId, { at: now, room });
  room.catch(() => rooms.delete(attemptId));
  return room;
}

/** What was put into the home, or removed from it, has changed its space. */
export const forgetSpace = (attemptId: string): void => void rooms.delete(attemptId);
