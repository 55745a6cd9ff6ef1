import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { locales } from "@/lib/platform/i18n/locale";
import { messages } from "@/lib/platform/i18n/messages";

const ids = globSync("inngest/functions/*.ts", { exclude: ["**/bench.ts"] }).flatMap((path) =>
  [...readFileSync(path, "utf8").matchAll(/\bid: "([a-z-]+)",/g)].map(([, id = ""]) => id),
);

test.each(locales)("every durable function has a name that people understand, in %s", (locale) => {
  expect(ids.length).toBeGreaterThan(8);
  const { functions } = messages[locale].jobs as unknown as { functions: Record<string, string> };
  expect(ids.filter((id) => !functions[id])).toEqual([]);
});
