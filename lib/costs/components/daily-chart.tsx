import { useFormatter, useTranslations } from "next-intl";
import { BarChart } from "@/components/chart/chart";
import { Section } from "@/components/ui/section";
import type { Period } from "../day";
import type { DaySeries } from "../report";
import { poolKey } from "../schema";
import { useYuan } from "./use-yuan";

const tones = ["accent", "warn", "ok"] as const;

/** What each day cost: the three dearest by name, the rest as one. */
export function DailyChart({
  by,
  period,
  series,
}: {
  by: "course" | "class";
  period: Pick<Period, "days">;
  series: readonly DaySeries[];
}) {
  const t = useTranslations("costs");
  const format = useFormatter();
  const yuan = useYuan();
  const named = series.filter((one) => one.key !== null).slice(0, tones.length);
  const rest = series.filter((one) => !named.includes(one));
  const [only] = rest;
  const restName =
    rest.length === 1 && only?.key === null ? t(by === "course" ? "noCourse" : "noClass") : t("chart.others");
  const shown = [
    ...named.map((one, index) => ({
      key: one.key ?? "",
      label: one.key === poolKey ? t("pool") : (one.name ?? t("chart.others")),
      tone: tones[index] ?? ("neutral" as const),
      values: one.days,
    })),
    ...(rest.length > 0
      ? [
          {
            key: "others",
            label: restName,
            tone: "neutral" as const,
            values: period.days.map((_, day) => rest.reduce((sum, one) => sum + (one.days[day] ?? 0), 0)),
          },
        ]
      : []),
  ];
  const title = t(by === "course" ? "chart.byCourse" : "chart.byClass");
  const places = period.days.map((day) =>
    format.dateTime(new Date(`${day}T12:00:00Z`), { month: "numeric", day: "numeric", timeZone: "UTC" }),
  );
  return (
    <Section title={title} className="mb-4">
      <BarChart
        title={title}
        places={places}
        series={shown}
        format={yuan}
        tableLabel={t("chart.table")}
        placeLabel={t("chart.day")}
        empty={t("chart.empty")}
      />
    </Section>
  );
}
