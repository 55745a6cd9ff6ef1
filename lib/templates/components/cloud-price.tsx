"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { useWatch } from "react-hook-form";
import { Input } from "@/components/ui/input";
import { useYuan } from "@/lib/costs/components/use-yuan";
import { usePrice } from "./use-price";

/** What one desktop costs an hour, and a class of so many. */
export function CloudPrice() {
  const t = useTranslations("templates.cloud");
  const yuan = useYuan("price");
  const { price, state } = usePrice();
  const spot = useWatch({ name: "spot" });
  const [people, setPeople] = useState("60");
  const [minutes, setMinutes] = useState("90");
  if (!price)
    return (
      <p className="text-muted text-sm" role="status">
        {t(state === "asking" ? "priceAsked" : state === "refused" ? "priceRefused" : "priceUnknown")}
      </p>
    );
  const share = (Number(people) || 0) * ((Number(minutes) || 0) / 60);
  const least = spot === "never" ? price.onDemand : (price.spot ?? price.onDemand);
  const most = spot === "only" ? least : price.onDemand;
  const range = (factor: number) =>
    least === most ? yuan(most * factor) : `${yuan(least * factor)} – ${yuan(most * factor)}`;
  return (
    <div className="flex flex-col gap-2 rounded-md bg-sunken px-3 py-2 text-sm" role="status">
      <p>
        {t("priceHour")} <strong className="tabular">{range(1)}</strong>
        <span className="ml-2 text-muted text-xs">{t("priceResting", { price: yuan(price.resting) })}</span>
      </p>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        {t("priceClass")}
        <Input
          aria-label={t("pricePeople")}
          inputMode="numeric"
          value={people}
          onChange={(event) => setPeople(event.target.value)}
          className="tabular w-16"
        />
        {t("people")}
        <Input
          aria-label={t("priceMinutes")}
          inputMode="numeric"
          value={minutes}
          onChange={(event) => setMinutes(event.target.value)}
          className="tabular w-16"
        />
        {t("minutes")}
        <strong className="tabular">{range(share)}</strong>
      </div>
      {spot === "never" ? null : <p className="text-muted text-xs">{t("priceSpot")}</p>}
    </div>
  );
}
