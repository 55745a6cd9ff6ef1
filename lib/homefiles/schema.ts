import { z } from "zod";

/**
 * Paths of a home as everybody writes them: relative, `/` between names, and what is no plain UTF-8, a control
 * character or a backslash as `\\xNN`. What they lead to is judged where the home is.
 */
const path = z.string().max(4096);
const onConflict = z.enum(["replace", "keepBoth"]);
const attemptId = z.string().length(26);

export const listInput = z.object({ attemptId, path });
export const readInput = z.object({ attemptId, path });

/** Some entries of one directory; none stands for all of it. */
export const archiveInput = z.object({ attemptId, folder: path, names: z.array(path).max(5_000) });

export const changeInput = z.object({
  attemptId,
  changes: z
    .array(
      z.discriminatedUnion("act", [
        z.object({ act: z.literal("makeFolder"), path }),
        z.object({
          act: z.literal("move"),
          path,
          to: path,
          onConflict: z.enum(["refuse", "replace", "keepBoth"]),
        }),
        z.object({ act: z.literal("remove"), path }),
        z.object({ act: z.literal("measure"), path }),
      ]),
    )
    .min(1)
    .max(1_000),
});
export type FileChange = z.infer<typeof changeInput>["changes"][number];

export const placeInput = z.object({
  attemptId,
  uploads: z
    .array(z.object({ id: z.string().max(64), onConflict }))
    .min(1)
    .max(200),
});

/** What a browser knows of one upload that waits. Bytes; `modified` tells the same file from another of its name. */
export type UploadBrief = { id: string; path: string; size: number; modified: number; offset: number };

/** What became of an upload: where it lies now, or a key of `homefiles.refused`. */
export type Placed = { id: string; written: string } | { id: string; refused: string };

/** What a preview shows; a text is at most its first 256 KB. */
export type Preview =
  | { kind: "text"; size: number; text: string; encoding: string; cut: boolean }
  | { kind: "picture" | "pdf" | "binary"; size: number };

/** A name that a person typed, or that a file of theirs has, as it stands in a path. */
export const shownName = (typed: string): string =>
  typed
    .normalize("NFC")
    .toWellFormed()
    .replace(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is written otherwise.
      /[\u0000-\u001f\u007f\\]/g,
      (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );

/** Why a typed name cannot be one, as a key of `homefiles.name`; null when it can. */
export function nameProblem(typed: string): "empty" | "reserved" | "slash" | "tooLong" | null {
  const name = typed.trim();
  if (name === "") return "empty";
  if (name === "." || name === "..") return "reserved";
  if (name.includes("/") || name.includes("\0")) return "slash";
  return new TextEncoder().encode(name.normalize("NFC")).length > 255 ? "tooLong" : null;
}

/** The last name of a path. */
export const nameOf = (of: string): string => of.slice(of.lastIndexOf("/") + 1);
