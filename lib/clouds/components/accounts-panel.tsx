"use client";

import { Cloud, Ellipsis, Pencil, Plus, Power, ShieldCheck, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import type { Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { IconButton } from "@/components/ui/icon-button";
import { Menu } from "@/components/ui/menu";
import { Facts, Notice, Section } from "@/components/ui/section";
import { StateChip } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { checkAccountAction, removeAccountAction, setAccountStatusAction } from "../actions";
import type { AccountView } from "../views";
import { AccountDialog } from "./account-dialog";
import { CheckResult } from "./check-result";
import { RegionDialog } from "./region-dialog";
import { RegionsList } from "./regions-list";
import { useCodeText } from "./use-code-text";

/** The accounts of clouds with their regions: what they may, what runs, and changing them. */
export function AccountsPanel({ accounts }: { accounts: readonly AccountView[] }) {
  const t = useTranslations("clouds");
  const [adding, setAdding] = useState(false);
  const add = (
    <Button variant="primary" icon={<Plus aria-hidden="true" />} onClick={() => setAdding(true)}>
      {t("account.add")}
    </Button>
  );
  return (
    <div className="flex flex-col gap-4">
      {accounts.length === 0 ? (
        <EmptyState icon={<Cloud aria-hidden="true" />} title={t("account.emptyTitle")} action={add}>
          {t("account.emptyText")}
        </EmptyState>
      ) : (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p className="text-muted text-sm">{t("account.hint")}</p>
            {add}
          </div>
          {accounts.map((account) => (
            <Account key={account.id} account={account} />
          ))}
        </>
      )}
      {adding ? <AccountDialog onClose={() => setAdding(false)} /> : null}
    </div>
  );
}

const tones: Record<AccountView["status"], Tone> = { enabled: "ok", frozen: "danger", disabled: "neutral" };

function Account({ account }: { account: AccountView }) {
  const t = useTranslations("clouds.account");
  const router = useRouter();
  const codeText = useCodeText();
  const [open, setOpen] = useState<"edit" | "region" | "disable" | "remove" | null>(null);
  const check = useAction(checkAccountAction);
  const set = useAction(setAccountStatusAction);
  const remove = useAction(removeAccountAction);
  const running = account.regions.reduce((all, region) => all + region.running, 0);
  const close = () => setOpen(null);
  const setStatus = async (status: "enabled" | "disabled") => {
    if (!(await set.run({ accountId: account.id, status }))) return;
    toast({ title: t(status === "enabled" ? "enabledNow" : "disabledNow", { name: account.name }) });
    router.refresh();
  };
  const checkNow = async () => {
    const answer = await check.run({ accountId: account.id });
    router.refresh();
    if (answer) toast({ title: t("checkedNow", { name: account.name }) });
  };
  return (
    <Section
      flush
      title={
        <span className="flex flex-wrap items-center gap-x-3 break-all">
          {account.name}
          <StateChip tone={tones[account.status]} className="font-normal">
            {t(`status.${account.status}`)}
          </StateChip>
        </span>
      }
      actions={
        <>
          <Button
            size="sm"
            busy={check.busy}
            icon={<ShieldCheck aria-hidden="true" />}
            onClick={() => void checkNow()}
          >
            {t("check")}
          </Button>
          <Button size="sm" icon={<Plus aria-hidden="true" />} onClick={() => setOpen("region")}>
            {t("addRegion")}
          </Button>
          <Menu
            align="end"
            trigger={
              <IconButton size="sm" label={t("more", { name: account.name })}>
                <Ellipsis aria-hidden="true" />
              </IconButton>
            }
            entries={[
              { label: t("edit"), icon: <Pencil aria-hidden="true" />, onSelect: () => setOpen("edit") },
              account.status === "disabled"
                ? {
                    label: t("enable"),
                    icon: <Power aria-hidden="true" />,
                    onSelect: () => void setStatus("enabled"),
                  }
                : {
                    label: t("disable"),
                    icon: <Power aria-hidden="true" />,
                    onSelect: () => setOpen("disable"),
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
        </>
      }
    >
      <div className="flex flex-col gap-3 p-4">
        {account.status === "frozen" ? (
          <Notice tone="danger" title={t("frozenTitle")}>
            <p>{codeText(account.frozenCause)}</p>
            <p>{t("frozenText")}</p>
          </Notice>
        ) : null}
        <Facts
          items={[
            {
              label: "AccessKey ID",
              value: <code className="break-all font-mono text-sm">{account.accessKeyId}</code>,
            },
            ...(account.endpoint
              ? [
                  {
                    label: t("endpoint"),
                    value: <code className="font-mono text-sm">{account.endpoint}</code>,
                  },
                ]
              : []),
            {
              label: t("lastCheck"),
              value: account.checkedAt ? (
                <Time at={account.checkedAt} mode="relative" />
              ) : (
                <span className="text-muted">{t("neverChecked")}</span>
              ),
            },
          ]}
        />
        <CheckResult checked={account.checked} account={account.name} told={account.frozenCause} />
      </div>
      <RegionsList account={account} onAdd={() => setOpen("region")} />
      {open === "edit" ? <AccountDialog account={account} onClose={close} /> : null}
      {open === "region" ? <RegionDialog account={account} onClose={close} /> : null}
      <ConfirmDialog
        open={open === "disable"}
        onOpenChange={(shown) => shown || close()}
        danger={false}
        title={t("disableTitle", { name: account.name })}
        confirm={t("disable")}
        onConfirm={() => setStatus("disabled")}
      >
        {t("disableText", { count: running })}
      </ConfirmDialog>
      <ConfirmDialog
        open={open === "remove"}
        onOpenChange={(shown) => shown || close()}
        title={t("removeTitle", { name: account.name })}
        confirm={t("remove")}
        onConfirm={async () => {
          if (!(await remove.run({ accountId: account.id }))) return;
          toast({ title: t("removed", { name: account.name }) });
          router.refresh();
        }}
      >
        {t("removeText", { count: running })}
      </ConfirmDialog>
    </Section>
  );
}
