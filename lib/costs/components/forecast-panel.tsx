import { useTranslations } from "next-intl";
import { Notice, Section } from "@/components/ui/section";
import type { Forecast } from "../forecast";
import { useYuan } from "./use-yuan";

/** What an experiment will cost, against what its course has left. */
export function ForecastPanel({ forecast }: { forecast: Forecast }) {
  const t = useTranslations("costs.forecast");
  const yuan = useYuan();
  const { students, minutes, assumed, price, perStudent, whole, left, spent } = forecast;
  const exceeds = left !== null && price !== null && whole > left;
  return (
    <Section
      title={t("title")}
      actions={
        spent > 0 ? (
          <span className="tabular text-muted text-sm">{t("spent", { spent: yuan(spent) })}</span>
        ) : undefined
      }
    >
      <div className="flex flex-col gap-2">
        {price === null ? (
          <p className="text-muted">{t("unknown")}</p>
        ) : (
          <>
            <p className="tabular">
              {t("text", {
                students,
                minutes,
                price: yuan(price),
                perStudent: yuan(perStudent),
                whole: yuan(whole),
              })}
            </p>
            <p className="text-muted text-sm">
              {assumed ? `${t("assumed")} ` : ""}
              {t("once")}
            </p>
          </>
        )}
        {left === null ? null : exceeds ? (
          <Notice
            tone="warn"
            title={t("exceeds", { left: yuan(Math.max(0, left)), missing: yuan(whole - Math.max(0, left)) })}
          >
            {t("exceedsText")}
          </Notice>
        ) : (
          <p className="tabular text-muted text-sm">{t("left", { left: yuan(Math.max(0, left)) })}</p>
        )}
      </div>
    </Section>
  );
}
