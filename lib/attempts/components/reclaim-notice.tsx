"use client";

import { useTranslations } from "next-intl";
import { Countdown } from "@/components/ui/countdown";
import { Notice } from "@/components/ui/section";

/** The cloud takes a spot instance back: how long there is, what to do, and what is kept. */
export function ReclaimNotice({ at, mine }: { at: Date; mine: boolean }) {
  const t = useTranslations("workspaces.reclaim");
  return (
    <div role="alert">
      <Notice
        tone="warn"
        title={
          <>
            {t("title")} <Countdown deadline={at} bare />
          </>
        }
      >
        {t(mine ? "text" : "textStaff")}
      </Notice>
    </div>
  );
}
