"use client";

import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type ShownError, useErrorMessage } from "@/components/error-message";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Dialog } from "@/components/ui/dialog";
import { IconButton } from "@/components/ui/icon-button";
import { Notice } from "@/components/ui/section";
import { Skeleton } from "@/components/ui/skeleton";
import { StateChip } from "@/components/ui/state-chip";
import { toast } from "@/components/ui/toast";
import { interruptKernelAction, restartKernelAction } from "../actions";
import type { Kernel } from "../kernels";

class Refusal extends Error {
  constructor(readonly shown: ShownError) {
    super(shown.key);
  }
}

async function ask(workspaceId: string, signal: AbortSignal): Promise<Kernel[]> {
  const response = await fetch(`/api/workspaces/${workspaceId}/kernels`, { signal });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return (body as { kernels: Kernel[] }).kernels;
  throw new Refusal((body as { error?: ShownError } | null)?.error ?? { code: "internal", key: "internal" });
}

/** What runs in a workspace, to be interrupted or restarted when JupyterLab itself is of no help. */
export function KernelsDialog({
  workspaceId,
  open,
  onOpenChange,
  onRestartAll,
}: {
  workspaceId: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Asks whether the whole environment shall be restarted. */
  onRestartAll: () => void;
}) {
  const t = useTranslations("workspaces.kernels");
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("title")} description={t("intro")}>
      {open ? <Kernels workspaceId={workspaceId} onRestartAll={onRestartAll} /> : null}
    </Dialog>
  );
}

function Kernels({ workspaceId, onRestartAll }: { workspaceId: string; onRestartAll: () => void }) {
  const t = useTranslations("workspaces.kernels");
  const message = useErrorMessage();
  const [asked, setAsked] = useState<Kernel | null>(null);
  const restart = useAction(restartKernelAction);
  const interrupt = useAction(interruptKernelAction);
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["kernels", workspaceId],
    queryFn: ({ signal }) => ask(workspaceId, signal),
    refetchInterval: 5_000,
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  const nameOf = (kernel: Kernel) => kernel.notebook ?? kernel.name;
  if (!data && !error) {
    return (
      <div aria-busy="true" className="flex flex-col gap-3 py-2">
        <span className="sr-only">{t("loading")}</span>
        <Skeleton className="w-2/3" />
        <Skeleton className="w-1/2" />
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      {error ? (
        <Notice
          tone="warn"
          role="alert"
          title={t("silent")}
          actions={
            <>
              <Button size="sm" busy={isFetching} onClick={() => void refetch()}>
                {t("refresh")}
              </Button>
              <Button size="sm" variant="primary" onClick={onRestartAll}>
                {t("restartAll")}
              </Button>
            </>
          }
        >
          {message(error instanceof Refusal ? error.shown : { code: "unavailable", key: "unavailable" })}
        </Notice>
      ) : (
        <div className="flex items-center gap-2">
          {data?.length === 0 ? <p className="flex-1 text-muted text-sm">{t("none")}</p> : null}
          <span className="flex-1" />
          <IconButton size="sm" label={t("refresh")} busy={isFetching} onClick={() => void refetch()}>
            {isFetching ? null : <RefreshCw aria-hidden="true" />}
          </IconButton>
        </div>
      )}
      {!error && data && data.length > 0 ? (
        <ul className="divide-y divide-border">
          {data.map((kernel) => (
            <li key={kernel.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2">
              <div className="min-w-40 flex-1">
                <p className="break-all font-medium">{kernel.notebook ?? t("console")}</p>
                <p className="flex flex-wrap items-center gap-x-2 text-muted text-sm">
                  <span className="font-mono text-xs">{kernel.name}</span>
                  <StateChip tone={kernel.state === "busy" ? "info" : "neutral"}>
                    {t(`states.${kernel.state}`)}
                  </StateChip>
                </p>
              </div>
              <Button
                size="sm"
                aria-label={t("interruptNamed", { name: nameOf(kernel) })}
                onClick={async () => {
                  if (await interrupt.run({ workspaceId, kernelId: kernel.id })) {
                    toast({ title: t("interrupted") });
                    void refetch();
                  }
                }}
              >
                {t("interrupt")}
              </Button>
              <Button
                size="sm"
                aria-label={t("restartNamed", { name: nameOf(kernel) })}
                onClick={() => setAsked(kernel)}
              >
                {t("restart")}
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <ConfirmDialog
        open={asked !== null}
        onOpenChange={(shown) => {
          if (!shown) setAsked(null);
        }}
        danger={false}
        title={t("askTitle", { name: asked ? nameOf(asked) : "" })}
        confirm={t("askConfirm")}
        onConfirm={async () => {
          if (!asked) return;
          if (await restart.run({ workspaceId, kernelId: asked.id })) toast({ title: t("restarted") });
          void refetch();
        }}
      >
        {t("askText")}
      </ConfirmDialog>
    </div>
  );
}
