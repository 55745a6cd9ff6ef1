import Link from "next/link";
import { useTranslations } from "next-intl";
import { Notice } from "@/components/ui/section";
import type { CourseBudget } from "./spending-table";

/** Names the courses whose budget is nearly or wholly spent. */
export function BudgetsNotice({ budgets }: { budgets: readonly (CourseBudget & { name: string })[] }) {
  const t = useTranslations("costs.notice");
  const near = budgets.filter(({ spent, amount, warnPercent }) => spent * 100 >= amount * warnPercent);
  if (near.length === 0) return null;
  return (
    <div className="mb-4">
      <Notice tone="warn" title={t("near", { count: near.length })}>
        <ul className="flex flex-wrap gap-x-4 gap-y-1">
          {near.slice(0, 20).map(({ courseId, name }) => (
            <li key={courseId}>
              <Link href={`/teach/courses/${courseId}/costs`} className="rounded-sm text-accent underline">
                {name}
              </Link>
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}
