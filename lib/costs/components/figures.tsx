import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/class-names";
import { ProgressBar } from "@/components/ui/progress";
import type { BudgetState } from "../state";
import { useYuan } from "./use-yuan";

type Props = {
  period: { first: string; last: string; amount: number };
  state?: BudgetState;
  now?: { count: number; price: number };
};

/** What was spent; of a course also what is still to come and what is left, over everything what costs right now. */
export function CostFigures({ period, state, now }: Props) {
  const t = useTranslations("costs.figures");
  const yuan = useYuan();
  const { first, last, amount } = period;
  const budget = state?.budget;
  const left = state && budget ? budget.amount - state.spent - state.committed : 0;
  return (
    <dl className={cn("mb-4 grid grid-cols-2 gap-3", state && "lg:grid-cols-4")}>
      <Figure label={t("period")} value={yuan(amount)}>
        {t("periodHint", { first, last })}
      </Figure>
      {now ? (
        <Figure label={t("now")} value={t("anHour", { price: yuan(now.price) })}>
          {t("open", { count: now.count })}
        </Figure>
      ) : null}
      {state ? (
        <>
          <Figure label={t("spent")} value={yuan(state.spent)}>
            {budget ? t("leftOf", { amount: yuan(budget.amount) }) : null}
          </Figure>
          <Figure label={t("committed")} value={yuan(state.committed)}>
            {t("committedHint")}
          </Figure>
          {budget ? (
            <Figure
              label={t("left")}
              value={yuan(Math.max(0, left))}
              tone={budget.state === "full" ? "danger" : budget.state === "warn" ? "warn" : undefined}
            >
              <ProgressBar
                label={t("left")}
                value={Math.max(0, left)}
                max={budget.amount}
                tone={budget.state === "full" ? "danger" : budget.state === "warn" ? "warn" : "accent"}
                text={t("leftOf", { amount: yuan(budget.amount) })}
              />
            </Figure>
          ) : (
            <Figure label={t("left")} value={t("noBudget")} quiet>
              {t("noBudgetHint")}
            </Figure>
          )}
        </>
      ) : null}
    </dl>
  );
}

function Figure({
  label,
  value,
  tone,
  quiet,
  children,
}: {
  label: string;
  value: string;
  tone?: "warn" | "danger";
  quiet?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="rounded-md border border-border bg-raised px-4 py-3">
      <dt className="text-muted text-sm">{label}</dt>
      <dd>
        <span
          className={cn(
            "tabular block font-semibold text-xl",
            tone === "warn" && "text-warn",
            tone === "danger" && "text-danger",
            quiet && "font-medium text-base text-muted leading-7",
          )}
        >
          {value}
        </span>
        <span className="text-muted text-xs">{children}</span>
      </dd>
    </div>
  );
}
