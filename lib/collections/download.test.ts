import { expect, it } from "vitest";
import { disposition } from "./download";

it.each([
  ["a.txt", `attachment; filename="a.txt"; filename*=UTF-8''a.txt`],
  ["2023_张三.zip", `attachment; filename="2023___.zip"; filename*=UTF-8''2023_%E5%BC%A0%E4%B8%89.zip`],
  ['a"; b\\(1).txt', `attachment; filename="a_; b_(1).txt"; filename*=UTF-8''a%22%3B%20b%5C%281%29.txt`],
  [
    "a\r\nset-cookie: x",
    `attachment; filename="a__set-cookie: x"; filename*=UTF-8''a%0D%0Aset-cookie%3A%20x`,
  ],
])("%j as a header", (name, header) => expect(disposition(name)).toBe(header));
