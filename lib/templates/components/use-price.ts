"use client";

import { useQuery } from "@tanstack/react-query";
import { useWatch } from "react-hook-form";
import type { SpecPrice } from "@/lib/clouds";
import { cloudPriceAction } from "@/lib/clouds/actions";
import { priceInput } from "@/lib/clouds/schema";

const names = ["hostId", "instanceTypes", "vSwitches", "systemDisk", "internetMbps", "spot"] as const;

export type AskedPrice = {
  /** Null: not known (yet). */
  price: SpecPrice | null;
  /** `incomplete`: there is nothing to ask for yet. */
  state: "incomplete" | "asking" | "told" | "refused";
};

/** What the chosen instance costs, micro-yuan an hour. */
export function usePrice(): AskedPrice {
  const [hostId, instanceTypes, vSwitches, systemDisk, internetMbps, spot] = useWatch({ name: [...names] });
  const { data: asked } = priceInput.safeParse({
    ...{ hostId, instanceTypes, vSwitches, systemDisk, internetMbps: internetMbps ?? 0, spot },
  });
  const { data } = useQuery({
    queryKey: ["cloud-price", asked],
    enabled: asked !== undefined,
    staleTime: 120_000,
    refetchOnWindowFocus: false,
    queryFn: () => (asked ? cloudPriceAction(asked) : null),
  });
  if (!asked) return { price: null, state: "incomplete" };
  if (!data) return { price: null, state: "asking" };
  return data.ok ? { price: data.data, state: "told" } : { price: null, state: "refused" };
}
