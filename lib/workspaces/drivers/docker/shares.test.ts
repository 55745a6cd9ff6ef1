import { expect, test } from "vitest";
import { Shares } from "./shares";

/** Lets everything that can go on go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("one key holds no more than its share, however often it asks, and others come past it", async () => {
  const shares = new Shares({ atOnce: 4, ofOne: 2 });
  const order: string[] = [];
  const backs: (() => void)[] = [];
  const ask = (key: string | undefined, name: string) =>
    shares.take(key).then((back) => {
      order.push(name);
      backs.push(back);
    });
  for (let number = 0; number < 5; number++) void ask("a", `a${number}`);
  void ask("b", "b0");
  void ask(undefined, "none");
  void ask("b", "b1");
  await settled();
  expect(order).toEqual(["a0", "a1", "b0", "none"]);
  expect([shares.waiting("a"), shares.waiting("b")]).toEqual([3, 1]);
  // b's turn: a has its share.
  backs[3]?.();
  await settled();
  expect(order.at(-1)).toBe("b1");
  backs[0]?.();
  backs[0]?.();
  await settled();
  expect(order.slice(5), "given back once, whoever says it twice").toEqual(["a2"]);
  while (order.length < 8) {
    for (const back of backs) back();
    await settled();
  }
  for (const back of backs) back();
  // Nothing is held any more.
  const all = await Promise.all([shares.take("a"), shares.take("a"), shares.take("b"), shares.take("b")]);
  expect(all).toHaveLength(4);
});

test("whoever gives up waiting leaves the line and holds nothing", async () => {
  const shares = new Shares({ atOnce: 1, ofOne: 1 });
  const back = await shares.take("a");
  const gone = new AbortController();
  const waits = shares.take("a", gone.signal);
  const reason = new Error("waited long enough");
  gone.abort(reason);
  await expect(waits).rejects.toBe(reason);
  expect(shares.waiting("a")).toBe(0);
  const next = shares.take("b");
  back();
  (await next)();
  await shares.take("a");
});
