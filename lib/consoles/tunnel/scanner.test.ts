import { describe, expect, test } from "vitest";
import { seeded } from "@/e2e/chance";
import { clipboardStream } from "./clipboard";
import { decode, encode } from "./instruction";
import { InstructionScanner } from "./scanner";
import { TunnelError } from "./status";

const seed = Number(process.env.SEED ?? Date.now()) % 1_000_000;
const most = 4_096;
const letters = ["a", "Z", "0", ".", ",", ";", "é", "验", "𠮷", "🦊", "Ω", "\u0301", "\u{10ffff}"];

describe("instructions", () => {
  test("are counted in code points, both ways", () => {
    const elements = ["file", "", "实验 🦊 Ω", "𠮷野.txt", "1;2,3."];
    const bytes = encode(...elements);
    expect(bytes.toString()).toBe("4.file,0.,6.实验 🦊 Ω,6.𠮷野.txt,6.1;2,3.;");
    expect(decode(bytes)).toEqual(elements);
  });

  test("come out as they came in, whole, wherever the stream is cut", () => {
    const stream = Buffer.concat([encode("file", "实验🦊"), encode("sync", 1), encode("", "ping", 2)]);
    for (let cut = 0; cut <= stream.length; cut++) {
      const found: string[][] = [];
      const scanner = new InstructionScanner(most, (data, start, end) =>
        found.push(decode(data, start, end)),
      );
      const out = [...scanner.scan(stream.subarray(0, cut)), ...scanner.scan(stream.subarray(cut))];
      expect(Buffer.concat(out)).toEqual(stream);
      for (const part of out) expect(part.at(-1)).toBe(59);
      expect(found).toEqual([
        ["file", "实验🦊"],
        ["sync", "1"],
        ["", "ping", "2"],
      ]);
      expect(scanner.kept).toBe(0);
    }
  });

  test.each([
    ["a length that is none", "x.sync;"],
    ["a length without digits", ".sync;"],
    ["a length that is too long", "0000004.sync;"],
    ["an endless length", "11111111111"],
    ["an element that is longer than it says", "3.sync;"],
    ["one that is shorter", "5.sync,1.1;"],
    ["too many elements", `${"1.a,".repeat(300)}1.a;`],
    ["one that is too long", `5000.${"a".repeat(5000)};`],
    ["one that says it will be", "5000.a"],
  ])("are refused: %s", (_what, text) => {
    const scanner = new InstructionScanner(most, () => undefined);
    expect(() => scanner.scan(Buffer.from(text))).toThrow(TunnelError);
  });

  test("are refused where they are not UTF-8: the browser would close the socket for it", () => {
    const scanner = new InstructionScanner(most, () => undefined);
    const torn = Buffer.concat([Buffer.from("2.a"), Buffer.from([0xc3]), Buffer.from(";")]);
    expect(() => scanner.scan(torn)).toThrow(TunnelError);
  });

  test(`survive 100,000 splits and mutations (SEED=${seed})`, { timeout: 60_000 }, () => {
    const chance = seeded(seed);
    const below = (n: number) => Math.floor(chance.between(0, n));
    const text = () => Array.from({ length: below(7) }, () => letters[below(letters.length)]).join("");
    const streams = Array.from({ length: 500 }, () =>
      Array.from({ length: 1 + below(3) }, () => Array.from({ length: 1 + below(3) }, text)),
    ).map((instructions) => ({
      instructions: instructions.map((elements) => elements.join("\0")).join("\n"),
      bytes: Buffer.concat(instructions.map((elements) => encode(...elements))),
    }));
    let refused = 0;
    for (let round = 0; round < 100_000; round++) {
      const { instructions, bytes } = streams[round % streams.length] ?? {
        instructions: "",
        bytes: Buffer.of(),
      };
      const mutated = round % 2 === 1;
      const stream = mutated ? mutate(bytes, below) : bytes;
      const found: string[] = [];
      const out: Buffer[] = [];
      const scanner = new InstructionScanner(most, (data, start, end) => {
        found.push(decode(data, start, end).join("\0"));
      });
      try {
        for (let at = 0; at < stream.length; ) {
          const next = at + 1 + below(24);
          out.push(...scanner.scan(stream.subarray(at, next)));
          at = next;
          if (scanner.kept > most) throw new Error("it grows");
        }
      } catch (error) {
        if (!(error instanceof TunnelError) || !mutated) throw error;
        refused++;
        continue;
      }
      const whole = Buffer.concat(out);
      // What it let through is the stream's own beginning, cut at the end of an instruction.
      if (!stream.subarray(0, whole.length).equals(whole)) throw new Error("other bytes came out");
      if (!mutated && (whole.length !== stream.length || found.join("\n") !== instructions))
        throw new Error("not all came out");
    }
    expect(refused).toBeGreaterThan(1_000);
  });

  test("of a text that is copied inside stay below what a client takes", () => {
    const text = "🦊验".repeat(20_000);
    const parts: Buffer[] = [];
    const scanner = new InstructionScanner(8_192, (data, start, end) => {
      const [opcode, , payload = ""] = decode(data, start, end);
      if (opcode === "blob") parts.push(Buffer.from(payload, "base64"));
    });
    scanner.scan(clipboardStream(text) ?? Buffer.of());
    expect(Buffer.concat(parts).toString()).toBe(text);
    expect(clipboardStream("a".repeat(300_000))).toBeNull();
  });
});

/** One to three bytes changed, left out, doubled or put in. */
function mutate(bytes: Buffer, below: (n: number) => number): Buffer {
  let mutated = Buffer.from(bytes);
  for (let n = 1 + below(3); n > 0; n--) {
    const at = below(mutated.length);
    const [head, tail] = [mutated.subarray(0, at), mutated.subarray(at)];
    const kind = below(4);
    if (kind === 0) mutated[at] = below(256);
    else if (kind === 1) mutated = Buffer.concat([head, tail.subarray(1)]);
    else if (kind === 2) mutated = Buffer.concat([head, tail.subarray(0, 1 + below(8)), tail]);
    else mutated = Buffer.concat([head, Buffer.of(below(256)), tail]);
  }
  return mutated;
}
