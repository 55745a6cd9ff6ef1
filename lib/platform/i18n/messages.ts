import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Locale } from "./locale";

export type Messages = { [key: string]: string | Messages };

function merge(into: Messages, from: Messages): Messages {
  for (const [key, value] of Object.entries(from)) {
    const old = into[key];
    into[key] = typeof value === "object" ? merge(typeof old === "object" ? old : {}, value) : value;
  }
  return into;
}

/**
 * All texts of a language: `messages/<locale>/<namespace>.json` each under its own name;
 * `<namespace>.<part>.json` is merged into `<namespace>`, so that two parts never edit one file.
 */
export function readMessages(locale: Locale): Messages {
  const folder = join(/* turbopackIgnore: true */ process.cwd(), "messages", locale);
  const all: Messages = {};
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".json")) continue;
    const namespace = file.slice(0, file.indexOf("."));
    const content = JSON.parse(readFileSync(join(folder, file), "utf8")) as Messages;
    merge(all, { [namespace]: content });
  }
  return all;
}

const cache = new Map<Locale, Messages>();

/** {@link readMessages}, read once in production and every time while developing. */
export function loadMessages(locale: Locale, keep: boolean): Messages {
  const known = keep ? cache.get(locale) : undefined;
  if (known) return known;
  const messages = readMessages(locale);
  cache.set(locale, messages);
  return messages;
}
