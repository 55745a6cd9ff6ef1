import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const css = readFileSync(fileURLToPath(new URL("./globals.css", import.meta.url)), "utf8");

function tokens(selector: string): Map<string, string> {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf("}", start));
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}

const light = tokens(":root");
const dark = tokens(".dark");

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const contrast = (a: string, b: string) => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};

test("dark by choice and dark by system are the same", () => {
  expect([...tokens(".system")]).toEqual([...dark]);
  expect([...dark.keys()].filter((name) => !light.has(name))).toEqual([]);
});

const grounds = ["surface", "surface-raised", "surface-hover"];
const pairs = [
  ...["text", "text-muted", "accent", "ok", "warn", "danger", "info"].flatMap((ink) =>
    grounds.map((ground) => [ink, ground, 4.5] as const),
  ),
  ...["ok", "warn", "danger", "info", "accent"].map((tone) => [tone, `${tone}-soft`, 4.5] as const),
  ...["ok", "warn", "danger", "info", "accent"].map((tone) => ["text", `${tone}-soft`, 4.5] as const),
  ["text-muted", "accent-soft", 4.5] as const,
  ["text", "surface-sunken", 4.5] as const,
  ["on-accent", "accent", 4.5] as const,
  ["on-accent", "accent-strong", 4.5] as const,
  ["on-danger", "danger", 4.5] as const,
  ["on-danger", "danger-strong", 4.5] as const,
  ...grounds.slice(0, 2).map((ground) => ["border-strong", ground, 3] as const),
];

test.each([
  ["light", light],
  ["dark", dark],
] as const)("everything can be read in %s", (_theme, theme) => {
  const weak = pairs
    .map(([ink, ground, least]) => ({
      pair: `${ink} on ${ground}`,
      ratio: contrast(theme.get(ink) ?? "", theme.get(ground) ?? ""),
      least,
    }))
    .filter(({ ratio, least }) => !(ratio >= least))
    .map(({ pair, ratio }) => `${pair}: ${ratio.toFixed(2)}`);
  expect(weak).toEqual([]);
});
