import { eq } from "drizzle-orm";
import { afterAll, afterEach, expect, test } from "vitest";
import { closeDatabase, database, type Tx } from "@/db/client";
import { changes } from "@/db/schema/audit";
import { systemCtx } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { closeStreams, pruneChanges, publishChange, type Topic, watchChanges } from ".";
import { type Change, subscribe } from "./subscribe";

const ctx = systemCtx("test");
const topicOf = (): Topic => `workspace:${newId()}`;

/** Opens a transaction that published `kind` and stays open until told. */
async function holding(topic: Topic, kind: string) {
  const decided = Promise.withResolvers<"commit" | "rollback">();
  const inserted = Promise.withResolvers<void>();
  const done = database()
    .transaction(async (tx: Tx) => {
      await publishChange(ctx, tx, [topic], kind);
      inserted.resolve();
      if ((await decided.promise) === "rollback") throw new Error("rollback");
    })
    .catch((error: Error) => {
      if (error.message !== "rollback") throw error;
    });
  await inserted.promise;
  return async (how: "commit" | "rollback") => {
    decided.resolve(how);
    await done;
  };
}

function listener(topic: Topic, owner = newId()) {
  const heard: Change[] = [];
  const stop = subscribe(ctx, {
    topics: new Set([topic]),
    owner,
    tell: (change) => heard.push(change),
    close: () => undefined,
  });
  return { stop, kinds: () => heard.map((change) => change.kind) };
}

type Watched = { topic?: Topic; lastId?: string | null; alive?: () => Promise<boolean> };

async function stream({ topic = topicOf(), lastId = null }: Watched) {
  const abort = new AbortController();
  let end: () => void = () => undefined;
  const body = await watchChanges({
    ctx,
    topics: new Map([[topic, "workspace:x"]]),
    lastId,
    owner: newId(),
    signal: abort.signal,
    alive: async () => true,
    allowed: async () => true,
    onEnded: (call) => {
      end = call;
      return () => undefined;
    },
  });
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let closed = false;
  void (async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    closed = true;
  })();
  return { text: () => text, closed: () => closed, abort: () => abort.abort(), end: () => end() };
}

afterEach(() => closeStreams());
afterAll(() => closeDatabase());

test("a lower id that commits later is not lost, and nobody hears twice", async () => {
  const topic = topicOf();
  const { kinds } = listener(topic);
  const first = await holding(topic, "first");
  const second = await holding(topic, "second");
  const third = await holding(topic, "third");
  await second("commit");
  await expect.poll(kinds).toEqual(["second"]);
  await third("rollback");
  await first("commit");
  await expect.poll(kinds).toEqual(["second", "first"]);
  await publishChange(ctx, database(), [topic], "fourth");
  await expect.poll(kinds).toEqual(["second", "first", "fourth"]);
});

test("each hears its own topics; who stopped hears nothing", async () => {
  const [one, two] = [topicOf(), topicOf()];
  const [a, b, gone] = [listener(one), listener(two), listener(one)];
  gone.stop?.();
  await publishChange(ctx, database(), [one], "to-one");
  await publishChange(ctx, database(), [one, two], "to-both");
  await expect.poll(a.kinds).toEqual(["to-one", "to-both"]);
  await expect.poll(b.kinds).toEqual(["to-both"]);
  expect(gone.kinds()).toEqual([]);
});

test("one session holds at most twenty streams", () => {
  const owner = newId();
  const topic = topicOf();
  const opened = Array.from({ length: 20 }, () => listener(topic, owner).stop);
  expect(opened.every(Boolean)).toBe(true);
  expect(listener(topic, owner).stop).toBeNull();
  opened[0]?.();
  expect(listener(topic, owner).stop).not.toBeNull();
});

test("a stream greets, tells, and goes on after its last id", async () => {
  const topic = topicOf();
  const first = await stream({ topic });
  await expect.poll(first.text).toContain("event: hello");
  await publishChange(ctx, database(), [topic], "workspace.state", { state: "ready" });
  await expect
    .poll(first.text)
    .toMatch(/id: \d+\nevent: change\ndata: .*"topic":"workspace:x".*"state":"ready"/);
  const lastId = /id: (\d+)/.exec(first.text())?.[1] ?? "";
  first.abort();
  await expect.poll(first.closed).toBe(true);

  await publishChange(ctx, database(), [topic], "while-away");
  const second = await stream({ topic, lastId });
  await expect.poll(second.text).toContain("while-away");
  expect(second.text()).toContain('"gap":false');
  expect(second.text()).not.toContain('"state":"ready"');
});

test("what was pruned is a gap: the page looks again", async () => {
  const watched = await stream({ lastId: "999999999999" });
  await expect.poll(watched.text).toContain('"gap":true');
});

test("a session that ends closes its streams at once, and so does the process", async () => {
  const one = await stream({});
  await expect.poll(one.text).toContain("hello");
  one.end();
  await expect.poll(one.closed).toBe(true);
  expect(one.text()).toContain("event: end");
  const two = await stream({});
  closeStreams();
  await expect.poll(two.closed).toBe(true);
});

test("changes are kept for an hour", async () => {
  const topic = topicOf();
  const at = (minutes: number) => new Date(ctx.clock.now().getTime() - minutes * 60_000);
  await database()
    .insert(changes)
    .values([59, 61].map((minutes) => ({ topic, kind: `${minutes}`, data: {}, at: at(minutes) })));
  expect(await pruneChanges({ ctx })).toBeGreaterThanOrEqual(1);
  const left = await database().select({ kind: changes.kind }).from(changes).where(eq(changes.topic, topic));
  expect(left).toEqual([{ kind: "59" }]);
});
