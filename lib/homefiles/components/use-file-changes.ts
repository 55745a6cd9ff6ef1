"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { useErrorMessage, useRequestLine } from "@/components/error-message";
import { toast } from "@/components/ui/toast";
import type { Changed } from "@/lib/workspaces";
import { type FileChange, nameOf } from "../schema";
import { changeFiles, Refusal } from "./api";

/** The sentence for a refusal of the home, a key of `homefiles.refused`. */
export function useRefused(): (reason: string) => string {
  const t = useTranslations("homefiles.refused");
  return (reason) => (t.has(reason as "exists") ? t(reason as "exists") : t("not_written"));
}

/**
 * Runs changes of a home and says what was refused; `null` when nothing was answered at all. Refusals of `quiet`
 * are the caller's to tell.
 */
export function useFileChanges(attemptId: string, onChanged: () => void) {
  const t = useTranslations("homefiles");
  const message = useErrorMessage();
  const requestLine = useRequestLine();
  const refused = useRefused();
  const [busy, setBusy] = useState(false);
  const run = async (changes: readonly FileChange[], quiet?: string): Promise<Changed[] | null> => {
    setBusy(true);
    try {
      const results = await changeFiles(attemptId, changes);
      const failed = results.flatMap((result, index) =>
        "refused" in result && result.refused !== quiet
          ? [{ name: nameOf(changes[index]?.path ?? ""), why: result.refused }]
          : [],
      );
      const [first] = failed;
      if (first)
        toast({
          title: t("someRefused", { count: failed.length, name: first.name, why: refused(first.why) }),
          kind: "danger",
        });
      if (changes.some(({ act }) => act !== "measure")) onChanged();
      return results;
    } catch (error) {
      const shown = error instanceof Refusal ? error.shown : { code: "unavailable", key: "unavailable" };
      toast({ title: message(shown), description: requestLine(shown), kind: "danger" });
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy };
}
