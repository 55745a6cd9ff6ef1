import { useTranslations } from "next-intl";
import { Time } from "@/components/ui/time";

/** From when to when, in one line of words. */
export function WindowText({
  window: { opensAt, closesAt },
  now,
}: {
  window: { opensAt: Date | null; closesAt: Date | null };
  now: Date;
}) {
  const t = useTranslations("attempts.window");
  const parts = {
    open: () => opensAt && <Time at={opensAt} />,
    close: () => closesAt && <Time at={closesAt} />,
  };
  if (opensAt && now < opensAt) return <span>{t.rich("opens", parts)}</span>;
  if (closesAt && now >= closesAt) return <span>{t.rich("closed", parts)}</span>;
  if (closesAt) return <span>{t.rich("closes", parts)}</span>;
  return <span>{t("always")}</span>;
}
