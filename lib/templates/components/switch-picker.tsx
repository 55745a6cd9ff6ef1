"use client";

import { useTranslations } from "next-intl";
import { Select } from "@/components/ui/select";
import { OrderedList } from "./ordered-list";
import type { Catalogue } from "./use-catalogue";

type Switch = Catalogue["vSwitches"][number];
type Chosen = { zoneId: string; vSwitchId: string };

/** The zones in the order in which they are tried, each by a switch in it; all of one VPC. */
export function SwitchPicker({
  switches,
  zones,
}: {
  switches: readonly Switch[] | undefined;
  zones: Catalogue["zones"];
}) {
  const t = useTranslations("templates.cloud");
  const zoneName = (id: string) => zones.find((zone) => zone.id === id)?.name ?? id;
  return (
    <OrderedList<Chosen>
      name="vSwitches"
      label={t("switches")}
      help={t("switchesHelp")}
      keyOf={({ vSwitchId }) => vSwitchId}
      show={({ zoneId, vSwitchId }) => {
        const known = switches?.find(({ id }) => id === vSwitchId);
        return (
          <span className="flex flex-wrap items-center gap-x-3 text-sm">
            <span>{zoneName(zoneId)}</span>
            <code className="break-all font-mono text-muted">{vSwitchId}</code>
            {known ? (
              <span className="tabular text-muted text-xs">
                {t("switchWords", { cidr: known.cidr, free: known.free })}
              </span>
            ) : null}
            {switches && !known ? <span className="text-warn">{t("switchNotListed")}</span> : null}
          </span>
        );
      }}
      add={(chosen, choose) => {
        const vpc = switches?.find(({ id }) => id === chosen[0]?.vSwitchId)?.vpcId;
        const rest = (switches ?? []).filter(({ id }) => !chosen.some((one) => one.vSwitchId === id));
        return (
          <Select
            aria-label={t("addSwitch")}
            placeholder={t("addSwitch")}
            value=""
            disabled={rest.length === 0}
            className="max-w-96"
            onChange={(event) => {
              const picked = rest.find(({ id }) => id === event.target.value);
              if (picked) choose([...chosen, { zoneId: picked.zoneId, vSwitchId: picked.id }]);
            }}
            options={rest.map(({ id, name, zoneId, vpcId }) => ({
              value: id,
              label: `${zoneName(zoneId)} · ${name || id}${vpc && vpc !== vpcId ? ` · ${t("otherVpc")}` : ""}`,
              disabled: vpc !== undefined && vpc !== vpcId,
            }))}
          />
        );
      }}
    />
  );
}
