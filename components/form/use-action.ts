"use client";

import { useCallback, useState } from "react";
import { useErrorMessage, useRequestLine } from "../error-message";
import { toast } from "../ui/toast";
import type { SubmitResult } from "./form";

/**
 * Runs a server action from a button: `busy` while it is under way, and its refusal as a toast.
 * `run` gives the answer, or null when it was refused.
 */
export function useAction<Input, Result extends SubmitResult>(
  action: (input: Input) => Promise<Result>,
): { run: (input: Input) => Promise<Extract<Result, { ok: true }> | null>; busy: boolean } {
  const [busy, setBusy] = useState(false);
  const message = useErrorMessage();
  const requestLine = useRequestLine();
  const run = useCallback(
    async (input: Input) => {
      setBusy(true);
      try {
        const result = await action(input);
        if (result?.ok === false) {
          toast({ title: message(result.error), description: requestLine(result.error), kind: "danger" });
          return null;
        }
        return result as Extract<Result, { ok: true }>;
      } catch (error) {
        if (
          error &&
          typeof error === "object" &&
          "digest" in error &&
          String(error.digest).startsWith("NEXT_")
        ) {
          throw error;
        }
        toast({ title: message({ code: "unavailable", key: "unavailable" }), kind: "danger" });
        return null;
      } finally {
        setBusy(false);
      }
    },
    [action, message, requestLine],
  );
  return { run, busy };
}
