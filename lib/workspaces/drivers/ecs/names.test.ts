import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { assignedPath, isHomePath, rawPath, sftpPath, shownPath, staysOnInstance } from "./names";

const bytes = (...all: number[]) => Buffer.from(all);

it("writes names as homes do, and finds the bytes again", () => {
  const known: [Buffer, string][] = [
    [Buffer.from("数据/a b.txt"), "数据/a b.txt"],
    [Buffer.from("🦊"), "🦊"],
    [Buffer.concat([Buffer.from("a"), bytes(0xff, 0xfe), Buffer.from("b")]), "a\\xff\\xfeb"],
    [Buffer.from("tab\tnew\nback\\slash"), "tab\\x09new\\x0aback\\x5cslash"],
    // A surrogate, a character that is too long, one that is cut.
    [bytes(0xed, 0xa0, 0x80), "\\xed\\xa0\\x80"],
    [bytes(0xc0, 0xaf), "\\xc0\\xaf"],
    [bytes(0xe4, 0xb8), "\\xe4\\xb8"],
    [bytes(0x7f), "\\x7f"],
  ];
  for (const [raw, text] of known) {
    expect(shownPath(raw)).toBe(text);
    expect(rawPath(text)).toEqual(raw);
  }
});

it("hands any bytes to a shell", () => {
  const raw = Buffer.concat([Buffer.from("a'b\"$(x)`\n"), bytes(0xff, 0x0a, 0x0a)]);
  const said = execFileSync("/bin/sh", ["-c", `${assignedPath("p", raw)}; printf %s "$p"`]);
  expect(said).toEqual(raw);
  expect(sftpPath(raw)).toBeNull();
  expect(sftpPath(Buffer.from("实验"))).toBe("实验");
});

it("takes no path that leads elsewhere", () => {
  for (const path of [
    "",
    "/etc/passwd",
    "../x",
    "a/../b",
    "a//b",
    "./a",
    "a/",
    "a\0b",
    `${"d/".repeat(70)}x`,
  ])
    expect(isHomePath(Buffer.from(path))).toBe(false);
  expect(isHomePath(Buffer.from("x".repeat(256)))).toBe(false);
  for (const path of ["a", "..a", "a/.b/…", "x".repeat(255)])
    expect(isHomePath(Buffer.from(path))).toBe(true);
});

it("leaves out what belongs to one session", () => {
  for (const path of [".cache/x", "thinclient_drives", ".xsession-errors", ".xorgxrdp.10.log"])
    expect(staysOnInstance(path)).toBe(true);
  for (const path of [".bashrc", "work/.cache/x", ".config/x"]) expect(staysOnInstance(path)).toBe(false);
});
