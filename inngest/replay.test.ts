import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

// The body of a durable function runs again at every call; only steps are remembered. Whatever does something,
// or is different the next time, belongs into a step.
const folder = join(import.meta.dirname, "functions");
const files = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.includes(".test."));

/** The source without its steps: `step.run(…)` and the like, brackets counted, strings passed over. */
function outsideOfSteps(source: string): string {
  let rest = "";
  for (let at = 0; at < source.length; ) {
    const call = /^step\s*\.\w+\(/.exec(source.slice(at, at + 40))?.[0];
    if (!call) {
      rest += source[at++];
      continue;
    }
    let depth = 1;
    for (at += call.length; depth > 0 && at < source.length; at++) {
      const quote = /["'`]/.exec(source[at] ?? "")?.[0];
      if (quote) for (at++; at < source.length && source[at] !== quote; at++) if (source[at] === "\\") at++;
      if (source[at] === "(") depth++;
      if (source[at] === ")") depth--;
    }
    rest += "step()";
  }
  return rest;
}

/** Names that a file imports from the nouns: their verbs and queries. */
const verbsOf = (source: string): string[] =>
  [...source.matchAll(/import \{([^}]*)\} from "@\/lib\/(?!platform)[^"]+"/g)].flatMap(([, names = ""]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name && !name.startsWith("type ")),
  );

const unsteady = ["Date.now", "new Date", "Math.random", "newId", "randomUUID", "fetch"];

test.each(files)("%s does nothing outside of its steps", (file) => {
  const source = readFileSync(join(folder, file), "utf8");
  const outside = outsideOfSteps(source);
  const called = [...verbsOf(source), ...unsteady].filter((name) =>
    new RegExp(`(?<![\\w.])${name.replace(".", "\\.")}\\(`).test(outside),
  );
  expect(called).toEqual([]);
});

test("what is outside is seen, what is inside is not", () => {
  const text = 'const a = await step.run("x)", () => verb({ at: other() }));\nawait verb(a);';
  expect(outsideOfSteps(text)).toBe("const a = await step();\nawait verb(a);");
});
