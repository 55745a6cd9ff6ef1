import type { Ctx } from "@/lib/platform/context";
import { limit } from "@/lib/platform/errors";
import type { Topic } from "./publish";
import { type Change, missedChanges, subscribe } from "./subscribe";

const heartbeat = 15_000;
const sessionCheck = 5_000;
const rightsCheck = 30_000;
const mostWaiting = 256;
const mostTold = 2_000;

type Watch = {
  ctx: Ctx;
  /** Stored topic → its name for this listener (`user:<id>` → `user:me`). */
  topics: ReadonlyMap<Topic, string>;
  lastId: string | null;
  owner: string;
  signal: AbortSignal;
  alive: () => Promise<boolean>;
  onEnded: (end: () => void) => () => void;
  allowed: () => Promise<boolean>;
};

/**
 * The body of an SSE response: `hello` with the server's time and whether something was missed, then
 * every `change`, a comment as heartbeat, and `end` when the session or a right is gone.
 */
export async function watchChanges(watch: Watch): Promise<ReadableStream<Uint8Array>> {
  const { ctx, topics } = watch;
  const text = new TextEncoder();
  const names = topics as ReadonlyMap<string, string>;
  let out: ReadableStreamDefaultController<Uint8Array> | undefined;
  let early: Change[] | undefined = [];
  const cleanups: (() => void)[] = [];
  const finish = () => {
    for (const clean of cleanups.splice(0)) clean();
    try {
      out?.close();
    } catch {
      // The browser went first.
    }
    out = undefined;
  };
  const send = (lines: string) => {
    if (!out) return;
    // Who reads too slowly is let go, and comes back where it was.
    if ((out.desiredSize ?? 0) <= 0) return finish();
    out.enqueue(text.encode(`${lines}\n\n`));
  };
  const end = () => {
    send("event: end\ndata: {}");
    finish();
  };
  const told = new Set<number>();
  const tell = (change: Change) => {
    if (early) return void early.push(change);
    if (told.has(change.id)) return;
    told.add(change.id);
    send(frame(change, names));
  };

  const unsubscribe = subscribe(ctx, {
    topics: new Set(topics.keys()),
    owner: watch.owner,
    tell,
    close: finish,
  });
  if (!unsubscribe) throw limit("limit");
  cleanups.push(unsubscribe);
  const asked = watch.lastId && /^\d{1,15}$/.test(watch.lastId) ? Number(watch.lastId) : null;
  const missed = await missedChanges(ctx, [...topics.keys()], asked).catch((error: unknown) => {
    finish();
    throw error;
  });

  const every = (ms: number, work: () => void) => {
    const timer = setInterval(work, ms);
    timer.unref?.();
    cleanups.push(() => clearInterval(timer));
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        out = controller;
        if (watch.signal.aborted) return finish();
        const aborted = () => finish();
        watch.signal.addEventListener("abort", aborted);
        cleanups.push(() => watch.signal.removeEventListener("abort", aborted));
        cleanups.push(watch.onEnded(end));
        send(
          `retry: 2000\nevent: hello\ndata: ${JSON.stringify({ now: ctx.clock.now().getTime(), gap: missed === null })}`,
        );
        const waiting = [...(missed ?? []), ...(early ?? [])];
        early = undefined;
        if (asked !== null) told.add(asked);
        waiting.forEach(tell);
        every(heartbeat, () => {
          send(": beat");
          // Doubles come within seconds; older ids need not be remembered.
          if (told.size > mostTold) told.clear();
        });
        // While the database is away nobody is thrown out; the answer is asked again.
        every(
          sessionCheck,
          () =>
            void watch.alive().then(
              (alive) => alive || end(),
              () => undefined,
            ),
        );
        every(
          rightsCheck,
          () =>
            void watch.allowed().then(
              (allowed) => allowed || end(),
              () => undefined,
            ),
        );
      },
      cancel: finish,
    },
    new CountQueuingStrategy({ highWaterMark: mostWaiting }),
  );
}

function frame(change: Change, names: ReadonlyMap<string, string>): string {
  const { id, topic, kind, data, at } = change;
  return `id: ${id}\nevent: change\ndata: ${JSON.stringify({ topic: names.get(topic) ?? topic, kind, data, at })}`;
}
