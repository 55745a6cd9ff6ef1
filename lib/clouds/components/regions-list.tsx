"use client";

import { Ellipsis, Pencil, Power, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import type { Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { IconButton } from "@/components/ui/icon-button";
import { Menu } from "@/components/ui/menu";
import { ProgressBar } from "@/components/ui/progress";
import { StateChip } from "@/components/ui/state-chip";
import { toast } from "@/components/ui/toast";
import { setHostStatusAction } from "@/lib/hosts/actions";
import { removeRegionAction } from "../actions";
import type { AccountView, RegionView } from "../views";
import { RegionDialog } from "./region-dialog";

/** The regions of one account: how full, and switching them on and off. */
export function RegionsList({ account, onAdd }: { account: AccountView; onAdd: () => void }) {
  const t = useTranslations("clouds.region");
  if (account.regions.length === 0) {
    return (
      <div className="flex flex-wrap items-center justify-between gap-2 border-border border-t px-4 py-3">
        <p className="text-muted text-sm">{t("none")}</p>
        <Button size="sm" onClick={onAdd}>
          {t("add")}
        </Button>
      </div>
    );
  }
  return (
    <ul
      className="divide-y divide-border border-border border-t"
      aria-label={t("label", { name: account.name })}
    >
      {account.regions.map((region) => (
        <Region key={region.hostId} account={account} region={region} />
      ))}
    </ul>
  );
}

function Region({ account, region }: { account: AccountView; region: RegionView }) {
  const t = useTranslations("clouds.region");
  const router = useRouter();
  const [open, setOpen] = useState<"edit" | "disable" | "remove" | null>(null);
  const set = useAction(setHostStatusAction);
  const remove = useAction(removeRegionAction);
  const setStatus = async (status: "enabled" | "disabled") => {
    if (!(await set.run({ hostId: region.hostId, status }))) return;
    toast({ title: t(status === "enabled" ? "enabledNow" : "disabledNow", { name: region.name }) });
    router.refresh();
  };
  return (
    <li className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-1.5">
      <span className="min-w-0 flex-1 basis-40">
        <span className="font-medium">{region.name}</span>
        {region.name.includes(region.regionId) ? null : (
          <code className="ml-2 font-mono text-muted text-xs">{region.regionId}</code>
        )}
        {region.reach === "public" ? (
          <span className="ml-2 text-muted text-xs">{t("reachPublic")}</span>
        ) : null}
      </span>
      <span className="sm:order-last">
        <Menu
          align="end"
          trigger={
            <IconButton size="sm" label={t("more", { name: region.name })}>
              <Ellipsis aria-hidden="true" />
            </IconButton>
          }
          entries={[
            { label: t("edit"), icon: <Pencil aria-hidden="true" />, onSelect: () => setOpen("edit") },
            region.status === "enabled"
              ? {
                  label: t("disable"),
                  icon: <Power aria-hidden="true" />,
                  onSelect: () => setOpen("disable"),
                }
              : {
                  label: t("enable"),
                  icon: <Power aria-hidden="true" />,
                  onSelect: () => void setStatus("enabled"),
                },
            "separator",
            {
              label: t("remove"),
              icon: <Trash2 aria-hidden="true" />,
              danger: true,
              onSelect: () => setOpen("remove"),
            },
          ]}
        />
      </span>
      <span className="w-44">
        <ProgressBar
          label={t("running")}
          value={region.running}
          max={region.most}
          tone={
            region.running >= region.most ? "danger" : region.running > region.most * 0.8 ? "warn" : "accent"
          }
          text={t("runningOf", { running: region.running, most: region.most })}
        />
      </span>
      <span className="w-32">
        <RegionState region={region} />
      </span>
      {open === "edit" ? (
        <RegionDialog account={account} region={region} onClose={() => setOpen(null)} />
      ) : null}
      <ConfirmDialog
        open={open === "disable"}
        onOpenChange={(shown) => shown || setOpen(null)}
        danger={false}
        title={t("disableTitle", { name: region.name })}
        confirm={t("disable")}
        onConfirm={() => setStatus("disabled")}
      >
        {t("disableText", { count: region.running })}
      </ConfirmDialog>
      <ConfirmDialog
        open={open === "remove"}
        onOpenChange={(shown) => shown || setOpen(null)}
        title={t("removeTitle", { name: region.name })}
        confirm={t("remove")}
        onConfirm={async () => {
          if (!(await remove.run({ hostId: region.hostId }))) return;
          toast({ title: t("removed", { name: region.name }) });
          router.refresh();
        }}
      >
        {t("removeText", { count: region.running })}
      </ConfirmDialog>
    </li>
  );
}

function RegionState({ region }: { region: RegionView }) {
  const t = useTranslations("clouds.region");
  if (region.health === "unreachable") return <StateChip tone="danger">{t("unreachable")}</StateChip>;
  const tones: Record<RegionView["status"], Tone> = { enabled: "ok", draining: "warn", disabled: "neutral" };
  return <StateChip tone={tones[region.status]}>{t(`status.${region.status}`)}</StateChip>;
}
