"use client";

import { Disc } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Button, buttonClass } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Tooltip } from "@/components/ui/tooltip";
import { withdrawConsentAction } from "@/lib/consoles/actions";
import { agreeToRecordingAction } from "../actions";

/** Stands where a desktop or terminal would be, until its student has agreed that it is recorded. */
export function RecordingConsent({
  workspaceId,
  days,
  back,
  agreed,
}: {
  workspaceId: string;
  days: number;
  back: string;
  agreed: () => unknown;
}) {
  const t = useTranslations("recordings.consent");
  const agree = useAction(agreeToRecordingAction);
  return (
    <section
      aria-labelledby="consent-title"
      className="min-h-0 min-w-0 flex-1 overflow-y-auto bg-surface px-4 py-6 sm:py-10"
    >
      <div className="mx-auto flex max-w-lg flex-col gap-4">
        <h2 id="consent-title" className="flex gap-2 font-semibold text-xl">
          <Disc aria-hidden="true" className="mt-1 size-5 shrink-0 text-danger" />
          {t("title")}
        </h2>
        <p className="text-muted">{t("text")}</p>
        <dl className="flex flex-col gap-3 rounded-md border border-border bg-raised p-4">
          {(["what", "who", "long"] as const).map((key) => (
            <div key={key}>
              <dt className="font-medium text-sm">{t(key)}</dt>
              <dd className="text-muted text-sm">
                {key === "long" ? t("longText", { days }) : t(`${key}Text`)}
              </dd>
            </div>
          ))}
        </dl>
        <div className="flex flex-wrap gap-2">
          <Button
            variant="primary"
            busy={agree.busy}
            onClick={async () => {
              if (await agree.run({ workspaceId })) await agreed();
            }}
          >
            {t("agree")}
          </Button>
          <Link href={back} className={buttonClass()}>
            {t("refuse")}
          </Link>
        </div>
      </div>
    </section>
  );
}

/** Says in the bar over a workspace that what is shown there is recorded, and lets its student take the consent back. */
export function RecordingSign({ workspaceId }: { workspaceId: string }) {
  const t = useTranslations("recordings");
  const [asks, setAsks] = useState(false);
  const withdraw = useAction(withdrawConsentAction);
  return (
    <>
      <Tooltip text={t("onHelp")}>
        <button
          type="button"
          onClick={() => setAsks(true)}
          className="inline-flex shrink-0 items-center gap-1 rounded-sm px-1 text-danger text-sm hover:bg-hover"
        >
          <Disc aria-hidden="true" className="size-4" />
          <span className="hidden sm:inline">{t("on")}</span>
          <span className="sr-only sm:hidden">{t("on")}</span>
        </button>
      </Tooltip>
      <ConfirmDialog
        open={asks}
        onOpenChange={setAsks}
        title={t("withdraw.title")}
        confirm={t("withdraw.confirm")}
        // The page learns of it as of any change, in all its tabs.
        onConfirm={() => withdraw.run({ workspaceId })}
      >
        {t("withdraw.text")}
      </ConfirmDialog>
    </>
  );
}
