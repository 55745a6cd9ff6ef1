import Link from "next/link";
import { useFormatter, useTranslations } from "next-intl";
import { BarChart, LineChart } from "@/components/chart/chart";
import { buttonClass } from "@/components/ui/button";
import { Section } from "@/components/ui/section";
import type { RunStats } from "@/lib/executor";
import { FunctionName, lengthText, Took } from "./run-state";

const chartRanges = ["1h", "24h", "7d"] as const;
type ChartRange = (typeof chartRanges)[number];

/** How much ran, how long it waited, and which functions it was. */
export function Charts({ stats, range }: { stats: RunStats; range: ChartRange }) {
  const t = useTranslations("jobs.charts");
  const words = useTranslations("jobs") as unknown as Parameters<typeof lengthText>[0] &
    ((key: "states.completed" | "states.failed" | "states.cancelled") => string);
  const format = useFormatter();
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const places = stats.bars.map(({ at }) =>
    format.dateTime(at, range === "1h" ? clock : { month: "numeric", day: "numeric", ...clock }),
  );
  const common = {
    places,
    tableLabel: t("table"),
    placeLabel: t("from"),
    empty: t("empty"),
  };
  return (
    <div className="flex flex-col gap-4">
      <nav aria-label={t("range")} className="flex flex-wrap gap-2">
        {chartRanges.map((one) => (
          <Link
            key={one}
            href={`/admin/jobs?tab=charts&range=${one}`}
            aria-current={one === range ? "page" : undefined}
            scroll={false}
            className={buttonClass(
              { size: "sm" },
              one === range ? "border-accent bg-accent-soft" : undefined,
            )}
          >
            {t(`ranges.${one}`)}
          </Link>
        ))}
      </nav>
      <div className="grid gap-4 xl:grid-cols-2">
        <Section title={t("ended", { length: lengthText(words, stats.barSeconds * 1_000) })}>
          <BarChart
            {...common}
            title={t("ended", { length: lengthText(words, stats.barSeconds * 1_000) })}
            format={(value) => format.number(value)}
            series={(["completed", "failed", "cancelled"] as const).map((state) => ({
              key: state,
              label: words(`states.${state}`),
              tone: ({ completed: "ok", failed: "danger", cancelled: "neutral" } as const)[state],
              values: stats.bars.map((bar) => bar[state]),
            }))}
          />
        </Section>
        <Section title={t("wait")}>
          <LineChart
            {...common}
            title={t("wait")}
            format={(value) => lengthText(words, value)}
            series={[
              {
                key: "p50",
                label: t("p50"),
                tone: "accent",
                values: stats.bars.map(({ waitP50 }) => waitP50),
              },
              { key: "p95", label: t("p95"), tone: "warn", values: stats.bars.map(({ waitP95 }) => waitP95) },
            ]}
          />
        </Section>
      </div>
      <Section title={t("functions")} flush>
        {stats.functions.length === 0 ? (
          <p className="p-4 text-muted text-sm">{t("empty")}</p>
        ) : (
          <section
            aria-label={t("functions")}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: on phones the table is wider than the screen
            tabIndex={0}
            className="overflow-x-auto"
          >
            <table className="w-full text-base">
              <thead>
                <tr className="text-muted text-sm">
                  {[t("function"), words("states.completed"), words("states.failed"), t("p50"), t("p95")].map(
                    (head, index) => (
                      <th
                        key={head}
                        scope="col"
                        className={`whitespace-nowrap px-4 py-2 font-medium ${index === 0 ? "text-left" : "text-right"}`}
                      >
                        {head}
                      </th>
                    ),
                  )}
                </tr>
              </thead>
              <tbody>
                {stats.functions.map((one) => (
                  <tr key={one.functionId} className="border-border border-t">
                    <th scope="row" className="whitespace-nowrap px-4 py-2 text-left font-normal">
                      <FunctionName id={one.functionId} />
                    </th>
                    <td className="tabular px-4 py-2 text-right">{format.number(one.completed)}</td>
                    <td
                      className={`tabular px-4 py-2 text-right ${one.failed > 0 ? "font-medium text-danger" : ""}`}
                    >
                      {format.number(one.failed)}
                    </td>
                    <td className="tabular whitespace-nowrap px-4 py-2 text-right">
                      <Took ms={one.tookP50} />
                    </td>
                    <td className="tabular whitespace-nowrap px-4 py-2 text-right">
                      <Took ms={one.tookP95} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
      </Section>
    </div>
  );
}
