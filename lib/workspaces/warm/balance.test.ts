import { describe, expect, it } from "vitest";
import { balance, splitByLocale } from "./balance";

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
const row = (id: string, more: Partial<Parameters<typeof balance>[0][number]> = {}) => ({
  id,
  locale: "zh-CN",
  templateVersionId: "v2",
  since: at(10),
  frozen: true,
  imageIsCurrent: true,
  ...more,
});
const now = { templateVersionId: "v2", bornAfter: at(0) };
const wants = (...entries: [string, number][]) => new Map(entries);

describe("balancing a pool", () => {
  it("asks for what is missing, in each language", () => {
    const { stop, missing } = balance([row("a")], wants(["zh-CN", 3], ["en", 1]), now);
    expect(stop).toEqual([]);
    expect([...missing]).toEqual([
      ["zh-CN", 2],
      ["en", 1],
    ]);
  });

  it("lets those go that are too many: first who still boots, then the youngest", () => {
    const rows = [row("young", { since: at(12) }), row("boots", { frozen: false }), row("old")];
    expect(balance(rows, wants(["zh-CN", 1]), now).stop.map(({ id }) => id)).toEqual(["young", "boots"]);
    expect(balance(rows, wants(["zh-CN", 2]), now).stop.map(({ id }) => id)).toEqual(["boots"]);
    expect(balance(rows, wants(), now).stop).toHaveLength(3);
  });

  it("replaces what is of a former version or of an image that was built anew", () => {
    const rows = [row("a", { templateVersionId: "v1" }), row("b", { imageIsCurrent: false }), row("c")];
    const { stop, missing } = balance(rows, wants(["zh-CN", 3]), now);
    expect(stop).toEqual([
      { id: "a", why: "version" },
      { id: "b", why: "image" },
    ]);
    expect(missing.get("zh-CN")).toBe(2);
  });

  it("replaces what is too old, one at a time", () => {
    const rows = [row("a", { since: at(-3) }), row("b", { since: at(-2) }), row("c")];
    const { stop, missing } = balance(rows, wants(["zh-CN", 3]), now);
    expect(stop).toEqual([{ id: "a", why: "age" }]);
    expect(missing.get("zh-CN")).toBe(1);
  });
});

describe("sharing a count out by language", () => {
  it("gives every language its share, and all of them together the count", () => {
    expect([...splitByLocale(20, wants(["zh-CN", 20], ["en", 1]), "zh-CN")]).toEqual([
      ["en", 1],
      ["zh-CN", 19],
    ]);
    for (const count of [0, 1, 2, 7, 100]) {
      const shares = splitByLocale(count, wants(["zh-CN", 13], ["en", 5], ["fr", 3]), "zh-CN");
      expect([...shares.values()].reduce((sum, n) => sum + n, 0)).toBe(count);
    }
  });

  it("takes the main language where no student is known yet", () => {
    expect([...splitByLocale(4, wants(), "zh-CN")]).toEqual([["zh-CN", 4]]);
  });
});
