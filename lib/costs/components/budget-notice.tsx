import Link from "next/link";
import { useFormatter, useTranslations } from "next-intl";
import { Notice } from "@/components/ui/section";
import type { BudgetState } from "../state";
import { AllowButton } from "./allow-button";
import { useYuan } from "./use-yuan";

/** Says that a budget is nearly or wholly spent, or that somebody lets starts go on past it. */
export function BudgetNotice({
  courseId,
  state,
  mayAllow,
  link,
}: {
  courseId: string;
  state: BudgetState;
  mayAllow: boolean;
  /** On pages other than the costs themselves. */
  link?: boolean;
}) {
  const t = useTranslations("costs.notice");
  const format = useFormatter();
  const yuan = useYuan();
  const { budget, spent, committed } = state;
  if (!budget || (budget.state === "ok" && !budget.allowed)) return null;
  const share = format.number(budget.amount > 0 ? Math.floor((spent * 100) / budget.amount) / 100 : 1, {
    style: "percent",
  });
  const { allowed } = budget;
  const actions = (
    <>
      {mayAllow && (allowed || budget.state === "full") ? (
        <AllowButton courseId={courseId} allowed={allowed !== null} />
      ) : null}
      {link ? (
        <Link href={`/teach/courses/${courseId}/costs`} className="rounded-sm text-accent text-sm underline">
          {t("see")}
        </Link>
      ) : null}
    </>
  );
  const left = Math.max(0, budget.amount - spent - committed);
  return (
    <div className="mb-4">
      {allowed ? (
        <Notice
          tone="info"
          actions={actions}
          title={t("allowed", {
            name: allowed.by ?? "—",
            until: format.dateTime(allowed.until, {
              month: "numeric",
              day: "numeric",
              hour: "2-digit",
              minute: "2-digit",
              hourCycle: "h23",
            }),
          })}
        >
          {t("allowedText", { reason: allowed.reason })}
        </Notice>
      ) : budget.state === "full" ? (
        <Notice tone="danger" actions={actions} title={t("full")}>
          {t("fullText", { spent: yuan(spent), committed: yuan(committed), budget: yuan(budget.amount) })}
        </Notice>
      ) : (
        <Notice tone="warn" actions={actions} title={t("warn", { share })}>
          {t("warnText", { left: yuan(left) })}
        </Notice>
      )}
    </div>
  );
}
