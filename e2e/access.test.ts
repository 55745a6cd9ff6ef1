import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { actions, pages, routes } from "./access";
import { actionCalls } from "./access-inputs";

const sources = (pattern: string) =>
  globSync(pattern, { exclude: (name) => name === "node_modules" || name.startsWith(".next") }).map(
    (path) => ({
      path,
      text: readFileSync(path, "utf8"),
    }),
  );

/** Everything below these can be reached from a browser, or brings code that can. */
const code = sources("{app,components,lib,inngest}/**/*.{ts,tsx}").filter(
  ({ path }) => !path.includes(".test.") && !path.includes("/testing/"),
);
const sorted = (names: Iterable<string>) => [...names].sort();

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The names that a module gives away. Forms that cannot be read here are refused rather than overlooked. */
function exportsOf({ path, text }: { path: string; text: string }): string[] {
  return [...text.matchAll(/^export\b.*$/gm)].flatMap(([line]) => {
    if (/^export (type|interface) /.test(line)) return [];
    const named = /^export (?:const|(?:async )?function) (\w+)/.exec(line)?.[1];
    if (named) return [named];
    const list = /^export \{([^}]*)\};?$/.exec(line)?.[1];
    if (list) {
      return list
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part && !part.startsWith("type "))
        .map((part) => part.split(/ as /).at(-1) ?? part);
    }
    throw new Error(`${path}: "${line}" hides from the access list what it exports`);
  });
}

/** Functions with "use server" inside; each must be a named one. */
function inlineActions({ path, text }: { path: string; text: string }): string[] {
  const marks = text.match(/^[ \t]+["']use server["']/gm)?.length ?? 0;
  const named = [...text.matchAll(/function (\w+)\([^)]*\)[^{}]*\{\s*["']use server["']/g)].map(
    ([, name]) => name,
  );
  if (marks !== named.length) throw new Error(`${path}: write each inline action as a named function`);
  return named.map((name) => `${path}#${name}`);
}

describe("the list of who may", () => {
  test("has every page", () => {
    const found = sources("app/**/page.{ts,tsx,js,jsx,mdx}").map(({ path }) => path);
    expect(found.length).toBeGreaterThan(10);
    expect(sorted(Object.keys(pages))).toEqual(sorted(found));
  });

  test("has every method of every route handler", () => {
    const found = sources("app/**/route.{ts,tsx,js}").flatMap((file) =>
      exportsOf(file)
        .filter((name) => methods.includes(name))
        .map((name) => `${name} ${file.path}`),
    );
    expect(found.length).toBeGreaterThan(10);
    expect(sorted(Object.keys(routes))).toEqual(sorted(found));
  });

  test("has every server action", () => {
    const isActionFile = ({ text }: { text: string }) => /^\s*["']use server["']/.test(text);
    const found = code.flatMap((file) =>
      isActionFile(file) ? exportsOf(file).map((name) => `${file.path}#${name}`) : inlineActions(file),
    );
    expect(found.length).toBeGreaterThan(10);
    expect(sorted(Object.keys(actions))).toEqual(sorted(found));
    expect(sorted(Object.keys(actionCalls))).toEqual(sorted(found));
  });

  test("knows no other way in", () => {
    // Next would also serve these; there are none, and one that comes has to come here first.
    expect(globSync("{middleware,proxy}.{ts,js}")).toEqual([]);
    expect(globSync("{pages,src}/**/*.{ts,tsx}")).toEqual([]);
    const special = /\/(robots|sitemap|manifest|opengraph-image|twitter-image|apple-icon|icon)\.(ts|tsx|js)$/;
    expect(code.filter(({ path }) => path.startsWith("app/") && special.test(path))).toEqual([]);
    // One listener takes upgrades and hands those of consoles on; one other place makes a server: Next's own,
    // which listens nowhere.
    const server = { path: "server.ts", text: readFileSync("server.ts", "utf8") };
    const having = (pattern: RegExp) =>
      sorted([...code, server].filter(({ text }) => pattern.test(text)).map(({ path }) => path));
    expect(having(/\.on\(\s*"upgrade"/)).toEqual([
      "lib/consoles/front/front.ts",
      "lib/consoles/proxy/upgrade.ts",
    ]);
    expect(having(/\bcreateServer\(|WebSocketServer/)).toEqual([
      "lib/consoles/front/front.ts",
      "lib/consoles/terminal/upgrade.ts",
      "lib/consoles/tunnel/upgrade.ts",
      "server.ts",
    ]);
  });
});

describe("its scan", () => {
  test("reads the ways to write an export and an action", () => {
    const path = "x.ts";
    const text =
      "export const a = 1;\nexport async function b() {}\nexport { c as D, type E };\nexport type F = 1;\n";
    expect(exportsOf({ path, text })).toEqual(["a", "b", "D"]);
    expect(() => exportsOf({ path, text: 'export * from "./y";' })).toThrow("hides");
    expect(() => exportsOf({ path, text: "export default async () => 1;" })).toThrow("hides");
    expect(
      inlineActions({ path, text: 'async function go(a: string): Promise<void> {\n  "use server";\n' }),
    ).toEqual(["x.ts#go"]);
    expect(() => inlineActions({ path, text: 'onClick={async () => {\n  "use server";\n' })).toThrow(
      "named function",
    );
  });
});
