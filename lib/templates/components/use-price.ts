"use client";

import { useQuery } from "@tanstack/react-query";
import { useWatch } from "react-hook-form";
import type { SpecPrice } from "@/lib/clouds";
import { cloudPriceAction } from "@/lib/clouds/actions";
import { priceInput } from "@/lib/clouds/schema";

const names = ["hostId", "instanceTypes", "vSwitches", "systemDisk", "internetMbps", "spot"] as const;

/** What the chosen instance costs, micro-yuan an hour; null: not known (yet). */
export function usePrice(enabled: boolean): SpecPrice | null {
  const [hostId, instanceTypes, vSwitches, systemDisk, internetMbps, spot] = useWatch({ name: [...names] });
  const { data: asked } = priceInput.safeParse({
    ...{ hostId, instanceTypes, vSwitches, systemDisk, internetMbps: internetMbps ?? 0, spot },
  });
  const { data } = useQuery({
    queryKey: ["cloud-price", asked],
    enabled: enabled && asked !== undefined,
    staleTime: 120_000,
    refetchOnWindowFocus: false,
    queryFn: () => (asked ? cloudPriceAction(asked) : null),
  });
  return data?.ok ? data.data : null;
}
