"use client";

import { useQuery } from "@tanstack/react-query";
import type { Catalogue } from "@/lib/clouds";
import { catalogueAction } from "@/lib/clouds/actions";
import type { ActionError } from "@/lib/platform/action";

export type { Catalogue };

/** What a region has to offer now, for the pickers of the editor. */
export function useCatalogue(hostId: string): {
  data: Catalogue | undefined;
  error: ActionError | null;
  busy: boolean;
  again: () => void;
} {
  const { data, isFetching, refetch } = useQuery({
    queryKey: ["cloud-catalogue", hostId],
    enabled: hostId !== "",
    staleTime: 120_000,
    refetchOnWindowFocus: false,
    queryFn: () => catalogueAction({ hostId }),
  });
  return {
    data: data?.ok ? data.data : undefined,
    error: data && !data.ok ? data.error : null,
    busy: isFetching,
    again: () => void refetch(),
  };
}
