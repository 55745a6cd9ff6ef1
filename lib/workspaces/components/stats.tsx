"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/class-names";
import type { Stats } from "../drivers";
import { Bytes } from "./bytes";

/** Processor and memory of a running workspace, asked every 5 s while somebody looks. */
export function WorkspaceStats({
  workspaceId,
  className,
  none = null,
}: {
  workspaceId: string;
  className?: string;
  /** What stands there while nothing is known. */
  none?: ReactNode;
}) {
  const t = useTranslations("workspaces.stats");
  const { data } = useQuery({
    queryKey: ["workspace-stats", workspaceId],
    refetchInterval: 5_000,
    refetchOnWindowFocus: true,
    retry: false,
    queryFn: async ({ signal }): Promise<Stats | null> => {
      const response = await fetch(`/api/workspaces/${workspaceId}/stats`, { signal });
      if (!response.ok) return null;
      return ((await response.json()) as { stats: Stats | null }).stats;
    },
  });
  if (!data) return none;
  const share = data.memoryLimitBytes > 0 ? data.memoryBytes / data.memoryLimitBytes : 0;
  return (
    <span
      className={cn("tabular inline-flex items-center gap-3 whitespace-nowrap text-muted text-xs", className)}
    >
      <span>
        {t("cpu")} {t("percent", { percent: Math.round(data.cpuPercent) })}
      </span>
      <span className={share > 0.9 ? "text-warn" : undefined}>
        {t("memory")} <Bytes value={data.memoryBytes} /> / <Bytes value={data.memoryLimitBytes} />
      </span>
    </span>
  );
}
