"use client";

import { TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { CopyButton } from "./copy-button";
import { EmptyState } from "./empty-state";

/** What happened, what is safe, what to do, and the number to give to the one who helps. */
export function ErrorState({
  title,
  children,
  action,
  requestId,
}: {
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  requestId?: string;
}) {
  const t = useTranslations("ui");
  return (
    <div role="alert">
      <EmptyState
        icon={<TriangleAlert aria-hidden="true" />}
        title={title ?? t("error.title")}
        action={action}
      >
        {children ?? t("error.text")}
      </EmptyState>
      {requestId ? (
        <p className="-mt-8 flex items-center justify-center gap-1 pb-8 text-muted text-xs">
          {t("error.requestId")}
          <code className="font-mono">{requestId}</code>
          <CopyButton text={requestId} label={t("error.copyRequestId")} />
        </p>
      ) : null}
    </div>
  );
}
