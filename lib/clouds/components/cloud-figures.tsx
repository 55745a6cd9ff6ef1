"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useYuan } from "@/lib/costs/components/use-yuan";
import type { cloudFigures } from "../views";

/** What there is in the clouds now, in four numbers. */
export function CloudFigures({ figures }: { figures: Awaited<ReturnType<typeof cloudFigures>> }) {
  const t = useTranslations("clouds.figures");
  const format = useFormatter();
  const yuan = useYuan("price");
  const shown = [
    { key: "instances", value: format.number(figures.instances) },
    { key: "hourly", value: yuan(figures.hourly) },
    { key: "kept", value: format.number(figures.kept) },
    { key: "findings", value: format.number(figures.findings), warn: figures.findings > 0 },
  ] as const;
  return (
    <dl className="mb-4 grid grid-cols-2 gap-px overflow-hidden rounded-md border border-border bg-border sm:grid-cols-4">
      {shown.map((figure) => (
        <div key={figure.key} className="bg-raised px-4 py-2">
          <dt className="text-muted text-sm">{t(figure.key)}</dt>
          <dd className={`tabular text-lg ${"warn" in figure && figure.warn ? "text-warn" : ""}`}>
            {figure.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
