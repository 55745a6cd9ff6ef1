import {
  ArrayBufferReader,
  ArrayBufferWriter,
  type InputStream,
  Keyboard,
  type OutputStream,
  Parser,
  StringWriter,
} from "guacamole-common-js";
import { beforeAll, expect, test, vi } from "vitest";

// What of the library we rely on, and what we keep away from: another version of it has to show itself here.
const text = "实验 🦊 Ω 𠮷野";

beforeAll(() => {
  vi.stubGlobal("window", globalThis);
});

function outgoing(): { stream: OutputStream; sent: () => Buffer } {
  const parts: string[] = [];
  const stream = { index: 0, sendBlob: (part: string) => parts.push(part), sendEnd() {} };
  return {
    stream: stream as unknown as OutputStream,
    sent: () => Buffer.concat(parts.map((part) => Buffer.from(part, "base64"))),
  };
}

test("lengths are code points, written and read", () => {
  const heard: string[][] = [];
  const parser = new Parser();
  parser.oninstruction = (opcode, args) => heard.push([opcode, ...args]);
  const written = Parser.toInstruction(["name", "𠮷野.txt"]);
  expect(written).toBe("4.name,6.𠮷野.txt;");
  parser.receive(written);
  expect(heard).toEqual([["name", "𠮷野.txt"]]);
});

test("Keyboard.type spoils what is beyond the BMP: texts never go through it", () => {
  const pressed: number[] = [];
  const keyboard = new Keyboard();
  keyboard.onkeydown = (keysym) => {
    pressed.push(keysym);
  };
  keyboard.onkeyup = () => undefined;
  keyboard.type("🦊");
  expect(pressed).toEqual([0x101f98a, 0x100dd8a]);
});

test("StringWriter spoils it too, ArrayBufferWriter does not", () => {
  const spoiled = outgoing();
  new StringWriter(spoiled.stream).sendText(text);
  expect(spoiled.sent().toString()).not.toBe(text);
  const exact = outgoing();
  const writer = new ArrayBufferWriter(exact.stream);
  writer.sendData(new TextEncoder().encode(text.repeat(1000)));
  expect(exact.sent().toString()).toBe(text.repeat(1000));
});

test("ArrayBufferReader gives the bytes as they came, also where a character is cut", () => {
  const stream = {} as unknown as InputStream;
  const parts: ArrayBuffer[] = [];
  new ArrayBufferReader(stream).ondata = (part) => parts.push(part.slice(0));
  const bytes = Buffer.from(text);
  for (const part of [bytes.subarray(0, 8), bytes.subarray(8)]) stream.onblob?.(part.toString("base64"));
  expect(Buffer.concat(parts.map((part) => Buffer.from(part))).toString()).toBe(text);
});
