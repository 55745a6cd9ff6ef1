"use client";

import { useTranslations } from "next-intl";
import type { ResetNote } from "../reset-note";
import { ReadOnce } from "./read-once";

/** Says once, over a new workspace, what became of the wish to make its home anew. */
export function ResetNotice({ workspaceId, note }: { workspaceId: string; note: ResetNote }) {
  const t = useTranslations("workspaces.reset.notes");
  const fine = note.kind === "done" || (note.kind === "filled" && note.refused === 0);
  const text =
    note.kind === "filled"
      ? note.refused === 0
        ? t("filled", { written: note.written })
        : t("filledPartly", { written: note.written, refused: note.refused })
      : t(note.kind);
  return (
    <ReadOnce name={`reset-${workspaceId}`} tone={fine ? "ok" : "warn"} dismiss={t("dismiss")}>
      {text}
    </ReadOnce>
  );
}
