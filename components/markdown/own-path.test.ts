import { expect, test } from "vitest";
import { isOwnPath } from "./own-path";

test.each([
  ["/api/attachments/1", true],
  ["//evil.example/x", false],
  ["/\\evil.example", false],
  ["https://evil.example", false],
  ["javascript:alert(1)", false],
  ["relative.png", false],
  [undefined, false],
])("%s is ours: %s", (url, ours) => expect(isOwnPath(url)).toBe(ours));
