"use client";

import { useTranslations } from "next-intl";
import { Badge, type Tone } from "@/components/ui/badge";
import type { ImportedLine } from "../import-roster";

const tones: Record<ImportedLine["status"], Tone> = {
  new: "ok",
  created: "ok",
  existing: "info",
  added: "info",
  renamed: "info",
  enrolled: "neutral",
  duplicate: "warn",
  invalid: "danger",
};

export function LineBadge({ line }: { line: ImportedLine }) {
  const t = useTranslations("courses");
  return <Badge tone={tones[line.status]}>{t(`import.status.${line.status}`)}</Badge>;
}

/** Why a line is as it is, in words that say what to do. */
export function useLineText(): (line: ImportedLine) => string {
  const t = useTranslations("courses");
  const e = useTranslations("errors.teach.roster");
  return (line) => {
    switch (line.status) {
      case "duplicate":
        return t("import.duplicateOf", { line: line.firstLine });
      case "invalid":
        return line.reason === "nameDiffers" && line.systemName
          ? t("import.nameDiffers", { name: line.systemName })
          : e(line.reason);
      case "enrolled":
        return line.systemName ? t("import.otherName", { name: line.systemName }) : "";
      case "existing":
        return t("import.existingHint");
      default:
        return "";
    }
  };
}
