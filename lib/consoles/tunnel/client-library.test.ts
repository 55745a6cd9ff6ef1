import {
  ArrayBufferReader,
  ArrayBufferWriter,
  type Client,
  InputStream,
  OutputStream,
} from "guacamole-common-js";
import { beforeAll, describe, expect, test } from "vitest";
import { ClipboardReader, clipboardStream } from "./clipboard";
import { decode, encode } from "./instruction";
import { InstructionScanner } from "./scanner";

const text = "实验 🦊 Ω 𠮷野".repeat(2_000);

beforeAll(() => {
  Object.assign(globalThis, { window: globalThis });
});

describe("a text, between the client library and the line into a desktop", () => {
  test("arrives as it was copied in the browser", () => {
    const reader = new ClipboardReader();
    reader.take(encode("clipboard", 0, "text/plain"));
    const client = {
      sendBlob: (index: number, data: string) => reader.take(encode("blob", index, data)),
      endStream: () => undefined,
    };
    const stream = new OutputStream(client as unknown as Client, 0);
    new ArrayBufferWriter(stream).sendData(new TextEncoder().encode(text));
    expect(reader.take(encode("end", 0)).text).toBe(text);
  });

  test("arrives as it was copied in the desktop", () => {
    const client = { sendAck: () => undefined } as unknown as Client;
    const stream = new InputStream(client, 4096);
    const parts: Buffer[] = [];
    new ArrayBufferReader(stream).ondata = (part: ArrayBuffer) => parts.push(Buffer.from(part));
    const scanner = new InstructionScanner(8_192, (data, start, end) => {
      const [opcode, , payload = ""] = decode(data, start, end);
      if (opcode === "blob") stream.onblob?.(payload);
    });
    scanner.scan(clipboardStream(text) ?? Buffer.of());
    expect(Buffer.concat(parts).toString()).toBe(text);
  });
});
