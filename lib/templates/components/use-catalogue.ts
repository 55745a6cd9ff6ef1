"use client";

import type { ActionError } from "@/lib/platform/action";

export type Catalogue = {
  zones: { id: string; name: string }[];
  types: {
    id: string;
    cpus: number;
    memoryMb: number;
    gpus: number;
    price: number | null;
    spotPrice: number | null;
    stock: { zoneId: string; state: "enough" | "few" | "none" }[];
  }[];
  images: { id: string; name: string; os: "linux" | "windows"; own: boolean; sizeGb: number }[];
  vSwitches: { id: string; name: string; zoneId: string; vpcId: string; cidr: string; free: number }[];
  securityGroups: { id: string; name: string; vpcId: string }[];
};

/** What a region has to offer now, for the pickers of the editor. */
export function useCatalogue(_hostId: string): {
  data: Catalogue | undefined;
  error: ActionError | null;
  busy: boolean;
  again: () => void;
} {
  return { data: undefined, error: null, busy: false, again: () => undefined };
}
