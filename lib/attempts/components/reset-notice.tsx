"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/section";
import type { ResetNote } from "../reset-note";

/** Says once, over a new workspace, what became of the wish to make its home anew. */
export function ResetNotice({ workspaceId, note }: { workspaceId: string; note: ResetNote }) {
  const t = useTranslations("workspaces.reset.notes");
  const key = `labyard-reset-read-${workspaceId}`;
  const [read, setRead] = useState(true);
  useEffect(() => setRead(sessionStorage.getItem(key) === "1"), [key]);
  if (read) return null;
  const fine = note.kind === "done" || (note.kind === "filled" && note.refused === 0);
  const text =
    note.kind === "filled"
      ? note.refused === 0
        ? t("filled", { written: note.written })
        : t("filledPartly", { written: note.written, refused: note.refused })
      : t(note.kind);
  return (
    <div role="status">
      <Notice
        tone={fine ? "ok" : "warn"}
        actions={
          <Button
            size="sm"
            onClick={() => {
              sessionStorage.setItem(key, "1");
              setRead(true);
            }}
          >
            {t("dismiss")}
          </Button>
        }
      >
        {text}
      </Notice>
    </div>
  );
}
