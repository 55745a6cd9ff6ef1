import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { collectedHeader, type Frame, parseFrame, readFrames } from "./frames";
import { plainLog } from "./logs";
import { demultiplex, demultiplexWhole } from "./stream";

const frame = (kind: string, data: string | Buffer) => {
  const bytes = Buffer.from(data);
  const head = Buffer.alloc(5);
  head.write(kind, "latin1");
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};

async function* pieces(data: Buffer, size: number) {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

const read = async (data: Buffer, size = 1000) => {
  const found: Frame[] = [];
  for await (const one of readFrames(pieces(data, size))) found.push(one);
  return found.map(({ kind, data: bytes }) => `${kind}${bytes}`);
};

describe("frames of the file reader", () => {
  const good = Buffer.concat([frame("H", "{}"), frame("D", "中文"), frame("E", "{}"), frame("Z", "")]);

  it("come out the same however the stream is cut", async () => {
    for (const size of [1, 2, 5, 7, 1000])
      expect(await read(good, size)).toEqual(["H{}", "D中文", "E{}", "Z"]);
  });

  it("are refused when cut off, unknown or too long", async () => {
    await expect(read(good.subarray(0, -1))).rejects.toThrow("early");
    await expect(read(good.subarray(0, -5))).rejects.toThrow("early");
    await expect(read(frame("X", ""))).rejects.toThrow("malformed");
    await expect(read(frame("E", "x".repeat(2000)))).rejects.toThrow("malformed");
    const huge = Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff]);
    await expect(read(huge)).rejects.toThrow("malformed");
  });

  it("have headers that are checked", () => {
    const parse = (text: string) => parseFrame(collectedHeader, { kind: "H", data: Buffer.from(text) });
    expect(parse('{"path":"a","size":1,"executable":false}')).toEqual({
      path: "a",
      size: 1,
      executable: false,
    });
    for (const bad of [
      "",
      "{",
      "{}",
      '{"path":"a","size":-1,"executable":true}',
      '{"path":"","size":1,"skipped":"x","count":1}',
      '{"path":"a","size":1,"skipped":"<b>","count":1}',
    ]) {
      expect(() => parse(bad), bad).toThrow();
    }
  });
});

describe("the engine's stream", () => {
  const part = (kind: number, text: string) => {
    const head = Buffer.alloc(8);
    head[0] = kind;
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const both = Buffer.concat([part(1, "out "), part(2, "wrong"), part(1, "put")]);

  it("is taken apart into what was said and what went wrong", async () => {
    for (const size of [1, 3, 8, 100]) {
      let [said, wrong] = ["", ""];
      const stream = Readable.from(pieces(both, size));
      for await (const bytes of demultiplex(stream, (text) => (wrong += text))) said += bytes;
      expect([said, wrong]).toEqual(["out put", "wrong"]);
    }
    expect(demultiplexWhole(both)).toBe("out wrongput");
  });

  it("is refused when it is none", async () => {
    const all = async () => {
      for await (const _ of demultiplex(Readable.from([Buffer.from("HTTP/1.1 200 OK\r\n")])));
    };
    await expect(all()).rejects.toThrow("malformed");
  });
});

it("shows a log without what steers a terminal or opens a workspace", () => {
  expect(plainLog("\u001b[31mred\u001b[0m\u0007 /lab?token=abcdef0123456789 ok\r\n")).toBe(
    "red /lab?token=[redacted] ok\n",
  );
});
