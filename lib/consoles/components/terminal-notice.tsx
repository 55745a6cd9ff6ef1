"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useErrorMessage } from "@/components/error-message";
import { Button, buttonClass } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { Spinner } from "@/components/ui/spinner";
import type { LinkState } from "./terminal-link";

/** What the connection is doing, while it does not simply work. */
export function LinkNotice({
  state,
  restarted,
  workspaceId,
  onRetry,
  onSeen,
}: {
  state: LinkState;
  restarted: boolean;
  workspaceId: string;
  onRetry: () => void;
  onSeen: () => void;
}) {
  const t = useTranslations("consoles.terminal");
  const message = useErrorMessage();
  if (state.kind === "connecting") return <Bar busy>{t("connecting")}</Bar>;
  if (state.kind === "resting") return <Bar busy>{t("resting")}</Bar>;
  if (state.kind === "lost")
    return (
      <Bar
        busy
        tone="warn"
        action={
          <Button size="sm" onClick={onRetry}>
            {t("retry")}
          </Button>
        }
      >
        {t("lost", { tries: state.tries })}
      </Bar>
    );
  if (state.kind === "signedOut")
    return (
      <Bar
        tone="warn"
        action={
          <a
            href={`/sign-in?next=${encodeURIComponent(`/workspaces/${workspaceId}`)}`}
            className={buttonClass({ size: "sm" })}
          >
            {t("signIn")}
          </a>
        }
      >
        {t("signedOut")}
      </Bar>
    );
  if (state.kind === "refused")
    return (
      <Bar
        tone="warn"
        action={
          <Button size="sm" onClick={onRetry}>
            {t("retry")}
          </Button>
        }
      >
        {message(state.error)}
      </Bar>
    );
  return restarted ? (
    <Bar
      tone="warn"
      action={
        <Button size="sm" onClick={onSeen}>
          {t("seen")}
        </Button>
      }
    >
      {t("restarted")}
    </Bar>
  ) : null;
}

const Bar = ({
  busy,
  tone,
  action,
  children,
}: {
  busy?: boolean;
  tone?: "warn";
  action?: ReactNode;
  children: ReactNode;
}) => (
  <div
    role="status"
    className={cn(
      "flex shrink-0 flex-wrap items-center gap-2 px-3 py-1.5 text-sm",
      tone === "warn" ? "bg-warn-soft text-warn" : "bg-surface text-muted",
    )}
  >
    {busy ? <Spinner /> : null}
    <span className="min-w-0">{children}</span>
    {action}
  </div>
);
