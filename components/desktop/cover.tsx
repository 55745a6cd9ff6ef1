"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useState } from "react";
import { useErrorMessage } from "../error-message";
import { Button } from "../ui/button";
import { cn } from "../ui/class-names";
import { Spinner } from "../ui/spinner";
import type { SessionState } from "./session";

const slowMs = 10_000;

/** What lies over a desktop that is not there, or not there yet: what has happened, what is safe, what comes next. */
export function Cover({
  state,
  shown,
  onRetry,
  signIn,
}: {
  state: SessionState;
  /** A picture lies under it. */
  shown: boolean;
  onRetry: () => void;
  signIn: ReactNode;
}) {
  const t = useTranslations("desktop");
  const message = useErrorMessage();
  if (state.kind === "open") return null;
  // Mostly back before anybody has read more.
  if (state.kind === "returning" && state.attempt === 1 && shown)
    return (
      <p
        role="status"
        className="absolute top-2 left-1/2 z-10 flex -translate-x-1/2 items-center gap-2 rounded-full border border-border bg-raised px-3 py-1 text-sm shadow-overlay"
      >
        <Spinner />
        {t("returning.now")}
      </p>
    );
  return (
    <div
      className={cn(
        "absolute inset-0 z-10 grid place-items-center overflow-y-auto p-4",
        shown ? "bg-veil" : "bg-surface",
      )}
    >
      <div
        className={cn(
          "flex max-w-md flex-col items-center gap-2 text-center",
          shown ? "rounded-md border border-border bg-raised p-6 shadow-overlay" : undefined,
        )}
      >
        {state.kind === "opening" ? (
          <Opening />
        ) : state.kind === "returning" ? (
          <>
            <h2 className="font-semibold text-lg">{t(`closed.${state.closing}.title`)}</h2>
            <p className="text-muted text-sm">{t("returning.safe")}</p>
            <p role="status" className="tabular flex items-center gap-2 text-sm">
              <Spinner />
              {state.retryAt === null ? (
                t("returning.attempt", { attempt: state.attempt })
              ) : (
                <Seconds until={state.retryAt} />
              )}
            </p>
            {state.retryAt === null ? null : (
              <Button className="mt-2" onClick={onRetry}>
                {t("returning.retry")}
              </Button>
            )}
          </>
        ) : state.kind === "signedOut" ? (
          <Message title={t("signedOut.title")} text={t("signedOut.text")}>
            {signIn}
          </Message>
        ) : (
          <Message
            title={state.kind === "refused" ? t("refused") : t(`closed.${state.closing}.title`)}
            text={state.kind === "refused" ? message(state.error) : t(`closed.${state.closing}.text`)}
          >
            <Button variant="primary" onClick={onRetry}>
              {t("open")}
            </Button>
          </Message>
        )}
      </div>
    </div>
  );
}

function Opening() {
  const t = useTranslations("desktop");
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), slowMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <p role="status" className="flex items-center gap-2 text-muted">
        <Spinner />
        {t("opening")}
      </p>
      {slow ? <p className="text-muted text-sm">{t("openingSlow")}</p> : null}
    </>
  );
}

function Seconds({ until }: { until: number }) {
  const t = useTranslations("desktop");
  const rest = () => Math.max(1, Math.ceil((until - Date.now()) / 1000));
  const [seconds, setSeconds] = useState(rest);
  useEffect(() => {
    setSeconds(rest());
    const timer = setInterval(() => setSeconds(rest()), 500);
    return () => clearInterval(timer);
  });
  // Every second would be read out.
  return <span aria-live="off">{t("returning.in", { seconds })}</span>;
}

const Message = ({ title, text, children }: { title: string; text: string; children: ReactNode }) => (
  <div role="alert" className="flex flex-col items-center gap-2">
    <h2 className="font-semibold text-lg">{title}</h2>
    <p className="text-muted text-sm">{text}</p>
    <div className="mt-2">{children}</div>
  </div>
);
