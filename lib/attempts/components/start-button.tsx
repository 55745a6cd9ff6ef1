"use client";

import { Play } from "lucide-react";
import { useTranslations } from "next-intl";
import { useActionState } from "react";
import { useErrorMessage } from "@/components/error-message";
import { Button, type ButtonSize } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/section";
import { startTaskForm } from "../actions";

/**
 * Starts a task, or continues it, and goes to its workspace: however often it is pressed, there is one. A form,
 * so that a press counts before the page's script has come.
 */
export function StartButton({
  taskId,
  kind,
  size,
  main = true,
}: {
  taskId: string;
  kind: "start" | "again" | "resume" | "retry";
  size?: ButtonSize;
  main?: boolean;
}) {
  const t = useTranslations("attempts");
  const message = useErrorMessage();
  const [error, action, busy] = useActionState(startTaskForm, null);
  return (
    <form action={action} className="flex min-w-0 flex-col items-stretch gap-2 sm:items-end">
      <input type="hidden" name="taskId" value={taskId} />
      <Button
        type="submit"
        variant={main ? "primary" : "secondary"}
        size={size}
        busy={busy}
        icon={<Play aria-hidden="true" />}
      >
        {busy ? t("actions.starting") : t(`actions.${kind}`)}
      </Button>
      {error && !busy ? (
        <div className="w-full max-w-md text-left">
          <Notice tone="danger" role="alert">
            <p>{message(error)}</p>
            {error.code === "internal" || error.code === "unavailable" ? (
              <p className="flex items-center gap-1 text-xs">
                <code className="font-mono">{error.requestId}</code>
                <CopyButton text={error.requestId} />
              </p>
            ) : null}
          </Notice>
        </div>
      ) : null}
    </form>
  );
}
