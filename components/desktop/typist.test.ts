import { expect, test } from "vitest";
import { keys, Typist } from "./typist";

function desk(held: number[] = []) {
  const log: string[] = [];
  const waits: (() => void)[] = [];
  const typist = new Typist({
    key: (pressed, keysym) => log.push(`${pressed ? "+" : "-"}${keysym.toString(16)}`),
    setClipboard: (text) =>
      new Promise((resolve) => {
        log.push(`set ${text}`);
        waits.push(resolve);
      }),
    held: () => held,
    sleep: () => Promise.resolve(),
    clipboard: true,
  });
  return { typist, log, arrive: () => waits.shift()?.() };
}

test("keys go through at once while nothing else is typed", () => {
  const { typist, log } = desk();
  typist.key(true, 0x61);
  typist.key(false, 0x61);
  expect(log).toEqual(["+61", "-61"]);
});

test("a key that comes while a text is on its way comes after it", async () => {
  const { typist, log, arrive } = desk();
  const typed = typist.text("实验");
  typist.key(true, keys.enter);
  typist.key(false, keys.enter);
  expect(log).toEqual(["set 实验"]);
  arrive();
  await typed;
  await typist.chord([]);
  expect(log).toEqual(["set 实验", "+ffe1", "+ff63", "-ff63", "-ffe1", "+ff0d", "-ff0d"]);
});

test("what a person holds is let go for a chord, and taken up again if they still hold it", async () => {
  const held = [keys.shift, keys.control, 0x78];
  const { typist, log } = desk(held);
  const pressed = typist.chord([keys.alt, keys.tab]);
  held.shift();
  await pressed;
  expect(log).toEqual(["-ffe1", "-ffe3", "+ffe9", "+ff09", "-ff09", "-ffe9", "+ffe3"]);
});

test("a paste with nothing to put in only presses its keys", async () => {
  const { typist, log } = desk();
  await typist.paste(null, [keys.control, keys.v]);
  expect(log).toEqual(["+ffe3", "+76", "-76", "-ffe3"]);
});

test("a text that could not be put in does not hold up what comes after it", async () => {
  const log: number[] = [];
  const typist = new Typist({
    key: (_, keysym) => log.push(keysym),
    setClipboard: () => Promise.reject(new Error("gone")),
    held: () => [],
    sleep: () => Promise.resolve(),
    clipboard: true,
  });
  await expect(typist.text("实")).rejects.toThrow("gone");
  await typist.text("a");
  expect(log).toEqual([0x61, 0x61]);
});
