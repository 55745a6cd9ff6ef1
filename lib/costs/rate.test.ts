import { describe, expect, test } from "vitest";
import type { CloudResourceKind, CloudResourceState } from "@/db/schema/clouds";
import { seeded } from "@/e2e/chance";
import { amountOf } from "./amount";
import { type Rate, rateOf } from "./rate";

const running = 480_000;
const resting = 20_000;

describe("what a resource costs in each state", () => {
  const compute: Rate = { kind: "compute", price: running };
  const disk: Rate = { kind: "disk", price: resting };
  test.each<[CloudResourceState, Rate | "as is" | null]>([
    ["intended", null],
    ["accepted", compute],
    ["running", compute],
    ["stopped", disk],
    ["deleting", "as is"],
    ["gone", null],
    ["refused", null],
  ])("an instance that is %s", (state, expected) => {
    const resource = { kind: "instance" as const, state, externalId: "i-1" };
    expect(rateOf({ ...resource, runningPrice: running, restingPrice: resting })).toEqual(expected);
  });

  test.each<[CloudResourceKind, number, number, number]>([
    ["disk", 20, 0, 20],
    ["snapshot", 0, 30, 30],
    ["image", 40, 0, 40],
  ])("a %s has one price, in whichever column", (kind, runningPrice, restingPrice, price) => {
    for (const state of ["accepted", "running", "stopped"] as const)
      expect(rateOf({ kind, state, externalId: "x", runningPrice, restingPrice })).toEqual({ kind, price });
  });
});

test("an address costs its bandwidth while it is bound, and its holding besides while it is not", () => {
  const address = { kind: "address" as const, externalId: "eip-1", runningPrice: 0, restingPrice: 20 };
  expect(rateOf({ ...address, state: "running" })).toEqual({ kind: "address", price: 0 });
  expect(rateOf({ ...address, state: "stopped" })).toEqual({ kind: "address", price: 20 });
});

describe("the amount of a stretch", () => {
  const at = (ms: number) => new Date(Date.UTC(2026, 8, 1) + ms);
  test.each<[string, number, number, number]>([
    ["an hour is the price", 480_000, 3_600_000, 480_000],
    ["nothing is free", 480_000, 0, 0],
    ["a half is rounded up", 1, 1_800_000, 1],
    ["less than a half is nothing", 1, 1_799_999, 0],
    ["a year of a large machine is exact", 99_999_999, 31_536_000_001, 875_999_991_268],
  ])("%s", (_name, price, ms, amount) => {
    expect(amountOf(price, at(0), at(ms))).toBe(amount);
  });

  test("however time is cut, the sum is the exact integral within half a micro-yuan a stretch", () => {
    const random = seeded(6);
    const int = (below: number) => Math.floor(random.between(0, below));
    for (let run = 0; run < 300; run++) {
      let ms = 0;
      let exact = 0n;
      let sum = 0;
      const stretches = 1 + int(20);
      for (let i = 0; i < stretches; i++) {
        const price = int(60_000_000);
        const length = int(50_000_000);
        sum += amountOf(price, at(ms), at(ms + length));
        exact += BigInt(price) * BigInt(length);
        ms += length;
      }
      const off = BigInt(sum) * 3_600_000n - exact;
      expect(Number(off < 0n ? -off : off)).toBeLessThanOrEqual(stretches * 1_800_000);
    }
  });
});
