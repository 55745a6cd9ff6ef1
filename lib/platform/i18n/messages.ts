import en from "@/messages/en";
import chinese from "@/messages/zh-CN";
import type { Locale } from "./locale";

export type Messages = { [key: string]: string | Messages };

function merge(into: Messages, from: Messages): Messages {
  for (const [key, value] of Object.entries(from)) {
    const old = into[key];
    into[key] = typeof value === "object" ? merge(typeof old === "object" ? old : {}, value) : value;
  }
  return into;
}

/** `<namespace>.<part>.json` is merged into `<namespace>`, so that two parts never edit one file. */
function whole(files: Messages): Messages {
  const all: Messages = {};
  for (const [file, content] of Object.entries(files)) {
    merge(all, { [file.split(".", 1)[0] ?? file]: content });
  }
  return all;
}

/**
 * All texts of each language, each namespace under its own name. In the browser they come with the script that is kept
 * for good, not with every page.
 */
export const messages: Record<Locale, Messages> = { "zh-CN": whole(chinese), en: whole(en) };
