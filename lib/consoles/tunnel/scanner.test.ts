import { isUtf8 } from "node:buffer";
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
    const said = [
      ["file", "实验🦊"],
      ["sync", "1"],
      [""],
      ["", "ping", "é"],
      ["blob", "1", "A".repeat(20)],
      ["end"],
    ];
    const stream = Buffer.concat(said.map((elements) => encode(...elements)));
    for (const room of [0, 8, 200])
      for (let one = 0; one <= stream.length; one++)
        for (let two = one; two <= stream.length; two++) {
          const found: string[][] = [];
          const scanner = new InstructionScanner(most, (data, start, end) =>
            found.push(decode(data, start, end)),
          );
          const parts = [stream.subarray(0, one), stream.subarray(one, two), stream.subarray(two)];
          const out = parts.map((part) => lent(part, room, scanner));
          if (!Buffer.concat(out).equals(stream) || out.some((part) => part.length > 0 && part.at(-1) !== 59))
            throw new Error(`other bytes came out: cut at ${one} and ${two}, room ${room}`);
          if (JSON.stringify(found) !== JSON.stringify(said) || scanner.kept !== 0)
            throw new Error(`not all was seen: cut at ${one} and ${two}, room ${room}`);
        }
  });

  test("are not written over what was lent before, and need no more room than there is", () => {
    const scanner = new InstructionScanner(most, () => undefined);
    const buffer = Buffer.from("____4.sync,1.1;3.nop;4.syn");
    expect(scanner.scan(buffer.subarray(4), 4).toString()).toBe("4.sync,1.1;3.nop;");
    const next = Buffer.from("____c,1.2;");
    expect(scanner.scan(next.subarray(4), 4).toString()).toBe("4.sync,1.2;");
    expect(next.toString(), "there was no room").toBe("____c,1.2;");
    scanner.scan(Buffer.from("3.n"));
    expect(scanner.scan(next.fill("_op;", 0).subarray(1, 4), 1).toString()).toBe("3.nop;");
    scanner.scan(Buffer.from("3"));
    expect(scanner.scan(Buffer.from("_.nop;").subarray(1), 1).toString()).toBe("3.nop;");
  });

  test("may have zeros before a length, and nothing in an element", () => {
    const scanner = new InstructionScanner(most, () => undefined);
    expect(scanner.scan(Buffer.from("004.sync,000000.,01.1;")).toString()).toBe("004.sync,000000.,01.1;");
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
    ["one that says it will be more than can be", "999999.a"],
    ["one that grows too long", `${"1000.".padEnd(1005, "a")},${"4000."}`],
    ["a length in other digits", "４.sync;"],
    ["a length with a sign", "-4.sync;"],
    ["a length that is no whole one", "4e0.sync;"],
  ])("are refused: %s", (_what, text) => {
    const scanner = new InstructionScanner(most, () => undefined);
    expect(() => scanner.scan(Buffer.from(text))).toThrow(TunnelError);
  });

  test("are refused where they are not UTF-8: the browser would close the socket for it", () => {
    const scanner = new InstructionScanner(most, () => undefined);
    const torn = Buffer.concat([Buffer.from("2.a"), Buffer.from([0xc3]), Buffer.from(";")]);
    expect(() => scanner.scan(torn)).toThrow(TunnelError);
    // The half of a character at the end of one chunk, and only ASCII in the next.
    for (const room of [0, 64]) {
      const halves = new InstructionScanner(most, () => undefined);
      lent(Buffer.concat([Buffer.from("3.a"), Buffer.from([0xe9, 0xaa])]), room, halves);
      expect(() => lent(Buffer.from("b;"), room, halves)).toThrow(TunnelError);
    }
  });

  test("are handed on only once they are known to be UTF-8: other bytes could be read as another opcode", () => {
    const torn = Buffer.concat([
      Buffer.from("3.nop;5.mouse,2."),
      Buffer.from([0xc3, 0x28]),
      Buffer.from(";3.nop;"),
    ]);
    for (let cut = 0; cut <= torn.length; cut++) {
      const found: string[][] = [];
      const scanner = new InstructionScanner(most, (data, start, end) =>
        found.push(decode(data, start, end)),
      );
      expect(() =>
        [torn.subarray(0, cut), torn.subarray(cut)].map((part) => lent(part, 64, scanner)),
      ).toThrow(TunnelError);
      expect(found).toEqual([["nop"]]);
    }
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
        if (!isUtf8(data.subarray(start, end))) throw new Error("what is not UTF-8 was handed on");
        found.push(decode(data, start, end).join("\0"));
      });
      try {
        for (let at = 0; at < stream.length; ) {
          const next = at + 1 + below(24);
          out.push(lent(stream.subarray(at, next), below(24), scanner));
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

/** As from a connection: in a buffer of which what lies before may be written to, and which is used again. */
function lent(chunk: Buffer, room: number, scanner: InstructionScanner): Buffer {
  const buffer = Buffer.alloc(room + chunk.length, 0xff);
  chunk.copy(buffer, room);
  const out = Buffer.from(scanner.scan(buffer.subarray(room), room));
  buffer.fill(0xff);
  return out;
}

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
