"use client";

import { ShieldCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { useFormContext } from "react-hook-form";
import { useErrorMessage } from "@/components/error-message";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/section";
import { useCodeText } from "@/lib/clouds/components/use-code-text";
import type { ActionError } from "@/lib/platform/action";
import { checkTemplateAction } from "../actions";
import type { OfferAnswer } from "../check-template";
import type { TemplateFields } from "../schema";

type Answer = "incomplete" | { offers: OfferAnswer[] } | { error: ActionError };

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
      setAnswer(result.ok ? { offers: result.data } : { error: result.error });
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
        {answer === "incomplete" ? (
          <Notice tone="warn">{t("checkIncomplete")}</Notice>
        ) : answer && "error" in answer ? (
          <Notice tone="danger" title={t("checkRefused")}>
            {message(answer.error)}
          </Notice>
        ) : answer ? (
          <Offers offers={answer.offers} />
        ) : null}
      </div>
    </div>
  );
}

/** Each way to have the instance, in the order in which a start tries them. */
function Offers({ offers }: { offers: readonly OfferAnswer[] }) {
  const t = useTranslations("templates.cloud");
  const codeText = useCodeText();
  const had = offers.filter(({ code }) => code === null).length;
  return (
    <Notice
      tone={had === 0 ? "danger" : had < offers.length ? "warn" : "ok"}
      title={had === 0 ? t("checkNone") : t("checkOk", { had, count: offers.length })}
    >
      <ol className="mt-1">
        {offers.map(({ offer, code }) => (
          <li key={offer} className="flex flex-wrap gap-x-3">
            <code className="font-mono">{offer}</code>
            <span className={code ? "text-muted" : "text-ok"}>{code ? codeText(code) : t("checkCan")}</span>
          </li>
        ))}
      </ol>
    </Notice>
  );
}
