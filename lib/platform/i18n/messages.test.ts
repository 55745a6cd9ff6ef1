import { globSync, readFileSync } from "node:fs";
import { createTranslator } from "next-intl";
import { expect, test } from "vitest";
import en from "@/messages/en";
import zh from "@/messages/zh-CN";
import { chooseLocale, locales } from "./locale";
import { type Messages, messages } from "./messages";

function flatten(texts: Messages, prefix = ""): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") flat.set(prefix + key, value);
    else for (const [inner, text] of flatten(value, `${prefix}${key}.`)) flat.set(inner, text);
  }
  return flat;
}

/** The parts of a text inside its outermost braces. */
function braces(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{" && depth++ === 0) start = at + 1;
    if (text[at] === "}" && --depth === 0) parts.push(text.slice(start, at));
  }
  return parts;
}

/** Names of the ICU arguments and tags of a text, also in the branches of plural and select. */
function holes(text: string): string[] {
  const found = new Set<string>();
  const bare = text.replaceAll("''", "").replace(/'[{}<][^']*'/g, "");
  for (const [, name] of bare.matchAll(/<\/(\w+)>/g)) found.add(`<${name}>`);
  for (const part of braces(bare)) {
    const [name = "", kind = ""] = part.split(",").map((word) => word.trim());
    found.add(name);
    if (/^(plural|select|selectordinal)$/.test(kind)) {
      for (const branch of braces(part)) for (const hole of holes(branch)) found.add(hole);
    }
  }
  return [...found].sort();
}

const texts = new Map(locales.map((locale) => [locale, flatten(messages[locale])]));
const chinese = texts.get("zh-CN") ?? new Map<string, string>();
const english = texts.get("en") ?? new Map<string, string>();

test.each([
  ["en", en],
  ["zh-CN", zh],
])("every file of %s is in its index", (locale, index) => {
  const files = globSync(`messages/${locale}/*.json`).map((path) => path.split("/").at(-1));
  expect(
    Object.keys(index)
      .map((name) => `${name}.json`)
      .sort(),
  ).toEqual(files.sort());
});

test("every text that a component asks for by its name is there", () => {
  const missing = globSync("{app,components,lib}/**/*.tsx").flatMap((path) => {
    const source = readFileSync(path, "utf8");
    const spaces = [...source.matchAll(/(?:use|get)Translations\("([\w.-]+)"\)/g)].map(([, space]) => space);
    const names = [...source.matchAll(/const (\w+) = (?:await )?(?:use|get)Translations\(/g)].map(
      ([, t]) => t,
    );
    if (names.length === 0) return [];
    const asked = source.matchAll(
      new RegExp(`\\b(?:${names.join("|")})(?:\\.rich|\\.markup)?\\(\\s*"([\\w.-]+)"`, "g"),
    );
    return [...asked].flatMap(([, key]) =>
      spaces.some((space) => chinese.has(`${space}.${key}`)) ? [] : [`${path}: ${key}`],
    );
  });
  expect(missing).toEqual([]);
});

test("both languages have the same keys", () => {
  expect([...english.keys()].filter((key) => !chinese.has(key))).toEqual([]);
  expect([...chinese.keys()].filter((key) => !english.has(key))).toEqual([]);
});

test("no text is empty", () => {
  for (const flat of texts.values()) {
    expect([...flat].filter(([, text]) => text.trim() === "").map(([key]) => key)).toEqual([]);
  }
});

test("both languages use the same arguments", () => {
  const different = [...chinese]
    .filter(([key]) => english.has(key))
    .map(([key, text]) => ({ key, zh: holes(text), en: holes(english.get(key) ?? "") }))
    .filter(({ zh, en }) => JSON.stringify(zh) !== JSON.stringify(en));
  expect(different).toEqual([]);
});

test.each(locales)("every text of %s is well formed", (locale) => {
  const wrong: string[] = [];
  const t = createTranslator({
    locale,
    messages: messages[locale] as Record<string, string>,
    onError: (error) => {
      // Values are missing here on purpose; only what cannot be read at all counts.
      if (error.code === "INVALID_MESSAGE") wrong.push(error.message);
    },
    getMessageFallback: ({ key }) => key,
  });
  for (const key of texts.get(locale)?.keys() ?? []) t(key);
  expect(wrong).toEqual([]);
});

test("Chinese texts have a space between Han and Latin, and no exclamation mark", () => {
  const bare = (text: string) => text.replace(/\{[^{}]*\}|<[^<>]*>/g, "");
  const tight = /\p{Script=Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Script=Han}/u;
  expect(
    [...chinese].filter(([, text]) => tight.test(bare(text)) || /[!！]/.test(text)).map(([key]) => key),
  ).toEqual([]);
});

test.each([
  [undefined, null, "zh-CN"],
  ["en", "zh-CN", "en"],
  ["fr", "en-GB,zh;q=0.8", "en"],
  [undefined, "fr-FR,de;q=0.9", "zh-CN"],
  [undefined, "fr;q=1,zh-TW;q=0.5,en;q=0.9", "en"],
  [undefined, "en;q=0,zh", "zh-CN"],
] as const)("cookie %s and header %s speak %s", (cookie, header, locale) => {
  expect(chooseLocale(cookie, header)).toBe(locale);
});
