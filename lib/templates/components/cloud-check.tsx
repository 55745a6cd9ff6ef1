"use client";

import { ShieldCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { useFormContext } from "react-hook-form";
import { useErrorMessage } from "@/components/error-message";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/section";
import type { ActionError } from "@/lib/platform/action";
import { checkTemplateAction } from "../actions";
import type { TemplateFields } from "../schema";

type Answer = "ok" | "incomplete" | ActionError;

/** Asks the cloud whether it would make such an instance, without making one. */
export function CloudCheck() {
  const t = useTranslations("templates.cloud");
  const message = useErrorMessage();
  const { trigger, getValues, subscribe } = useFormContext<TemplateFields>();
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<Answer | null>(null);
  // It was about what stood there then.
  useEffect(() => subscribe({ formState: { values: true }, callback: () => setAnswer(null) }), [subscribe]);
  const check = async () => {
    setAnswer(null);
    if (!(await trigger(undefined, { shouldFocus: true }))) {
      setAnswer("incomplete");
      return;
    }
    setBusy(true);
    try {
      const result = await checkTemplateAction(getValues());
      setAnswer(result.ok ? "ok" : result.error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Button busy={busy} icon={<ShieldCheck aria-hidden="true" />} onClick={() => void check()}>
          {t("check")}
        </Button>
        <span className="text-muted text-xs">{t("checkHint")}</span>
      </div>
      <div role="status">
        {answer === "ok" ? (
          <Notice tone="ok" title={t("checkOk")}>
            {t("checkOkText")}
          </Notice>
        ) : answer === "incomplete" ? (
          <Notice tone="warn">{t("checkIncomplete")}</Notice>
        ) : answer ? (
          <Notice tone="danger" title={t("checkRefused")}>
            {message(answer)}
          </Notice>
        ) : null}
      </div>
    </div>
  );
}
