import { beforeEach, expect, test, vi } from "vitest";
import { ClipboardBridge } from "./clipboard";

let outside: string;
let refuses: boolean;
beforeEach(() => {
  outside = "";
  refuses = false;
  vi.stubGlobal("navigator", {
    permissions: { query: async () => ({ state: "granted" }) },
    clipboard: {
      writeText: async (text: string) => {
        if (refuses) throw new Error("no gesture");
        outside = text;
      },
      readText: async () => outside,
    },
  });
});

function bridge() {
  const inside: string[] = [];
  const told = { copied: vi.fn(), tooLong: vi.fn() };
  const made = new ClipboardBridge({ set: async (text) => void inside.push(text) }, told);
  return { made, inside, told };
}

test("what is copied inside goes out, and does not come back in", async () => {
  const { made, inside, told } = bridge();
  await made.copied("实验 🦊");
  expect(outside).toBe("实验 🦊");
  expect(told.copied).toHaveBeenCalledWith("实验 🦊");
  await made.focused();
  expect(made.pasted("实验 🦊")).toBeNull();
  expect(inside).toEqual([]);
});

test("refused by the browser it waits for a gesture, and a paste does not put the old text over it", async () => {
  const { made } = bridge();
  outside = "old";
  refuses = true;
  await made.copied("new");
  expect(made.pasted("old")).toBeNull();
  refuses = false;
  await made.letOut();
  expect(outside).toBe("new");
});

test("what is copied outside goes in once", async () => {
  const { made, inside } = bridge();
  outside = "Ω";
  await made.focused();
  await made.focused();
  expect(inside).toEqual(["Ω"]);
  expect(made.pasted("other")).toBe("other");
  made.forget();
  await made.focused();
  expect(inside).toEqual(["Ω", "Ω"]);
});

test("more than guacd takes is refused in words", async () => {
  const { made, inside, told } = bridge();
  expect(await made.put("实".repeat(100_000))).toBe(false);
  expect(told.tooLong).toHaveBeenCalled();
  expect(inside).toEqual([]);
});
