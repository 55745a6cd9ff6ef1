import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { writeXlsx } from "hucre/xlsx";
import { describe, expect, test } from "vitest";
import { findRows } from "./find-rows";
import { decodeText, readSheet, readText } from "./sheet";

const bytes = (text: string) => new TextEncoder().encode(text);
const rows = (text: string) => findRows(readText(text));
const two = [
  { number: "2026001", name: "王小明" },
  { number: "0012", name: "李雷" },
];
const without = (found: ReturnType<typeof rows>) => found?.map(({ number, name }) => ({ number, name }));

describe("a roster out of text", () => {
  test.each([
    ["comma", "学号,姓名\n2026001,王小明\n0012,李雷"],
    ["Chinese comma", "学号，姓名\n2026001，王小明\n0012，李雷"],
    ["tab, pasted from a sheet", "学号\t姓名\r\n2026001\t王小明\r\n0012\t李雷\r\n"],
    ["blanks", "2026001 王小明\n0012　李雷"],
    ["semicolon and other columns", "序号;姓名;性别;学号\n1;王小明;男;2026001\n2;李雷;男;0012"],
    ["title above the head", "2026 级数据班名单\n\n学 号,姓 名\n2026001,王小明\n0012,李雷"],
    ["no head, names first", "王小明,2026001\n李雷,0012"],
    ["mark, quotes, apostrophes", '\uFEFF"Student ID","Name"\n"\'2026001","王小明"\n\'0012,李雷'],
    ["English head", "Name,Student No.\n王小明,2026001\n李雷,0012"],
  ])("%s", (_name, text) => {
    expect(without(rows(text))).toEqual(two);
  });

  test("lines are counted as in the file", () => {
    expect(rows("学号,姓名\n\n2026001,王小明")).toEqual([{ line: 3, number: "2026001", name: "王小明" }]);
  });

  test("an incomplete line is kept, so that it can be reported", () => {
    expect(rows("学号,姓名\n2026001,\n,李雷")?.map((row) => row.number)).toEqual(["2026001", ""]);
  });

  test("an open quote swallows nothing", () => {
    expect(rows('学号,姓名\n2026001,"王小明\n0012,李雷')).toHaveLength(2);
  });

  test("no roster at all", () => {
    expect(rows("你好，世界")).toBeNull();
    expect(rows("")).toBeNull();
  });
});

describe("encodings", () => {
  test("GB18030 from Chinese Excel", () => {
    const gb = Buffer.from("d1a7bac52cd0d5c3fb0a323032363030312ccdf5d0a1c3f7", "hex");
    expect(decodeText(gb)).toBe("学号,姓名\n2026001,王小明");
  });
  test("UTF-16 (Unicode text)", () => {
    expect(decodeText(Buffer.from("\uFEFF学号\t姓名", "utf16le"))).toBe("学号\t姓名");
  });
});

describe("workbooks", () => {
  test("xlsx: leading zeros, numbers typed as numbers, the first sheet that has something", async () => {
    const book = await writeXlsx({
      sheets: [
        { name: "空", rows: [] },
        {
          name: "名单",
          rows: [
            ["学号", "姓名"],
            [2026001, "王小明"],
            ["0012", "李雷"],
          ],
        },
      ],
    });
    expect(without(findRows(await readSheet(book)))).toEqual(two);
  });

  test("a bomb is refused before it is parsed, also when it lies about its size", async () => {
    for (const declared of [60_000_000, 1000]) {
      const bomb = zipOf("xl/worksheets/sheet1.xml", Buffer.alloc(60_000_000, "A"), declared);
      expect(bomb.length).toBeLessThan(100_000);
      await expect(readSheet(bomb)).rejects.toMatchObject({ key: "rosterTooLarge" });
    }
  });

  test("what only looks like a workbook is refused with a sentence", async () => {
    await expect(readSheet(Buffer.from("PK\x03\x04 nothing"))).rejects.toMatchObject({
      key: "rosterUnreadable",
    });
    await expect(readSheet(Buffer.from("d0cf11e0a1b11ae1", "hex"))).rejects.toMatchObject({
      key: "rosterUnreadable",
    });
    expect(await readSheet(bytes("a"))).toEqual([["a"]]);
    expect(await readSheet(readFileSync(import.meta.filename))).not.toHaveLength(0);
  });
});

/** A zip with one deflated entry and a declared size of our choice. */
function zipOf(name: string, content: Buffer, declared: number): Buffer {
  const packed = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(declared, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), packed]);
  const central = Buffer.concat([
    Buffer.from("PK\x01\x02\x14\0"),
    common,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
