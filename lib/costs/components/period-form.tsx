import Link from "next/link";
import { useTranslations } from "next-intl";
import { Button, buttonClass } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { addDays, type Period } from "../day";

const lengths = [7, 30, 90] as const;

/** Which days: three usual lengths, or any two dates. Works without a script. */
export function PeriodForm({
  path,
  period: { first, last },
  today,
  keep,
}: {
  path: string;
  period: Pick<Period, "first" | "last">;
  today: string;
  /** What else the URL says. */
  keep: Record<string, string | undefined>;
}) {
  const t = useTranslations("costs.period");
  const kept = Object.entries(keep).flatMap(([key, value]) => (value ? [[key, value]] : []));
  const hrefOf = (days: number) =>
    `${path}?${new URLSearchParams([...kept, ["from", addDays(today, 1 - days)], ["until", today]])}`;
  const isOn = (days: number) => last === today && first === addDays(today, 1 - days);
  return (
    <search aria-label={t("label")} className="mb-4 flex flex-wrap items-center gap-2" data-print="hide">
      {lengths.map((days) => (
        <Link
          key={days}
          href={hrefOf(days)}
          scroll={false}
          aria-current={isOn(days) ? "page" : undefined}
          className={buttonClass({ size: "sm" }, isOn(days) ? "border-accent bg-accent-soft" : undefined)}
        >
          {t("days", { days })}
        </Link>
      ))}
      <form action={path} className="flex flex-wrap items-center gap-2">
        {kept.map(([key = "", value]) => (
          <input key={key} type="hidden" name={key} value={value} />
        ))}
        <label htmlFor="costs-from" className="flex items-center gap-1.5 text-sm">
          {t("from")}
          <Input
            id="costs-from"
            type="date"
            name="from"
            defaultValue={first}
            max={today}
            className="tabular w-38"
          />
        </label>
        <label htmlFor="costs-until" className="flex items-center gap-1.5 text-sm">
          {t("until")}
          <Input id="costs-until" type="date" name="until" defaultValue={last} className="tabular w-38" />
        </label>
        <Button type="submit" size="sm">
          {t("show")}
        </Button>
      </form>
    </search>
  );
}
