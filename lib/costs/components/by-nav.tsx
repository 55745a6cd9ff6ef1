import Link from "next/link";
import { useTranslations } from "next-intl";
import { cn } from "@/components/ui/class-names";
import type { spendingGroups } from "../schema";

type By = (typeof spendingGroups)[number];

/** The sides from which a report can be looked at. */
export function ByNav({
  all,
  by,
  path,
  keep,
}: {
  all: readonly By[];
  by: By;
  path: string;
  keep: Record<string, string | undefined>;
}) {
  const t = useTranslations("costs.by");
  const kept = Object.entries(keep).flatMap(([key, value]) => (value ? [[key, value]] : []));
  return (
    <nav aria-label={t("label")} className="mb-3 flex flex-wrap gap-2">
      {all.map((one) => (
        <Link
          key={one}
          href={`${path}?${new URLSearchParams([...kept, ["by", one]])}`}
          scroll={false}
          aria-current={one === by ? "page" : undefined}
          className={cn(
            "inline-flex h-8 items-center rounded-full border px-3 pointer-coarse:h-10",
            one === by
              ? "border-accent bg-accent-soft font-medium text-accent"
              : "border-border bg-raised hover:bg-hover",
          )}
        >
          {t(one)}
        </Link>
      ))}
    </nav>
  );
}
