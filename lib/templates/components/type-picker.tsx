"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { CheckboxBox } from "@/components/ui/checkbox";
import { cn } from "@/components/ui/class-names";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { useYuan } from "@/lib/clouds/components/yuan";
import { OrderedList } from "./ordered-list";
import { useSize } from "./spec-words";
import type { Catalogue } from "./use-catalogue";

type InstanceType = Catalogue["types"][number];
type Zone = Catalogue["zones"][number];

/** The types of instances in the order in which they are tried, with what each costs and where it is to be had. */
export function TypePicker({
  types,
  zones,
}: {
  types: readonly InstanceType[] | undefined;
  zones: readonly Zone[];
}) {
  const t = useTranslations("templates.cloud");
  return (
    <OrderedList<string>
      name="instanceTypes"
      label={t("types")}
      help={t("typesHelp")}
      keyOf={(id) => id}
      show={(id) => {
        const type = types?.find((one) => one.id === id);
        return (
          <span className="flex flex-wrap items-center gap-x-3 text-sm">
            <code className="font-mono">{id}</code>
            {type ? <TypeWords type={type} zones={zones} /> : null}
            {types && !type ? <span className="text-warn">{t("typeNotListed")}</span> : null}
          </span>
        );
      }}
      add={(chosen, choose) => (
        <Dialog
          size="lg"
          title={t("addType")}
          description={t("addTypeHint")}
          trigger={
            <Button icon={<Plus aria-hidden="true" />} disabled={!types}>
              {t("addType")}
            </Button>
          }
        >
          <TypeTable types={types ?? []} zones={zones} chosen={chosen} choose={choose} />
        </Dialog>
      )}
    />
  );
}

function TypeWords({ type, zones }: { type: InstanceType; zones: readonly Zone[] }) {
  const t = useTranslations("templates.cloud");
  const size = useSize();
  const yuan = useYuan();
  return (
    <>
      <span className="tabular text-muted">
        {t("typeWords", { cpus: type.cpus, memory: size(type.memoryMb) })}
        {type.gpus > 0 ? ` · ${t("gpus", { count: type.gpus })}` : ""}
      </span>
      {type.price === null ? null : (
        <span className="tabular">{t("perHour", { price: yuan(type.price) })}</span>
      )}
      <Stock type={type} zones={zones} />
    </>
  );
}

/** Where it is to be had now: by the last letter of the zone, as the cloud's own console shows it. */
function Stock({ type, zones }: { type: InstanceType; zones: readonly Zone[] }) {
  const t = useTranslations("templates.cloud");
  if (type.stock.length === 0) return <span className="text-danger text-xs">{t("stock.nowhere")}</span>;
  return (
    <span className="flex flex-wrap gap-x-2 text-xs">
      {type.stock.map(({ zoneId, state }) => (
        <span
          key={zoneId}
          title={zones.find((zone) => zone.id === zoneId)?.name ?? zoneId}
          className={cn(
            "whitespace-nowrap",
            state === "enough" ? "text-muted" : state === "few" ? "text-warn" : "text-danger",
          )}
        >
          {t(`stock.${state}`, { zone: zoneId.split("-").at(-1)?.toUpperCase() ?? zoneId })}
        </span>
      ))}
    </span>
  );
}

function TypeTable({
  types,
  zones,
  chosen,
  choose,
}: {
  types: readonly InstanceType[];
  zones: readonly Zone[];
  chosen: readonly string[];
  choose: (next: readonly string[]) => void;
}) {
  const t = useTranslations("templates.cloud");
  const size = useSize();
  const yuan = useYuan();
  const [search, setSearch] = useState("");
  const [cpus, setCpus] = useState("");
  const cores = [...new Set(types.map((type) => type.cpus))].sort((a, b) => a - b);
  const found = types
    .filter((type) => type.id.includes(search.trim().toLowerCase()) && (!cpus || type.cpus === Number(cpus)))
    .sort(
      (a, b) => (a.price ?? Infinity) - (b.price ?? Infinity) || a.cpus - b.cpus || a.id.localeCompare(b.id),
    );
  const shown = found.slice(0, 100);
  const toggle = (id: string) =>
    choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Input
          type="search"
          aria-label={t("searchType")}
          placeholder={t("searchType")}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="max-w-64 flex-1"
        />
        <Select
          aria-label={t("cores")}
          value={cpus}
          onChange={(event) => setCpus(event.target.value)}
          placeholder={t("anyCores")}
          options={cores.map((count) => ({ value: String(count), label: t("coresOf", { count }) }))}
          className="w-36"
        />
      </div>
      <ul aria-label={t("types")} className="divide-y divide-border rounded-md border border-border">
        {shown.map((type) => (
          <li key={type.id}>
            <label
              htmlFor={`type-${type.id}`}
              className={cn(
                "flex min-h-10 cursor-pointer items-start gap-3 px-3 py-2 hover:bg-hover",
                chosen.includes(type.id) && "bg-accent-soft",
              )}
            >
              <CheckboxBox
                id={`type-${type.id}`}
                className="mt-0.5"
                checked={chosen.includes(type.id)}
                onChange={() => toggle(type.id)}
              />
              <span className="grid min-w-0 flex-1 gap-x-4 gap-y-0.5 text-sm sm:grid-cols-[minmax(0,14rem)_1fr_auto]">
                <code className="break-all font-mono">{type.id}</code>
                <span className="flex flex-wrap items-center gap-x-3">
                  <span className="tabular">
                    {t("typeWords", { cpus: type.cpus, memory: size(type.memoryMb) })}
                    {type.gpus > 0 ? ` · ${t("gpus", { count: type.gpus })}` : ""}
                  </span>
                  <Stock type={type} zones={zones} />
                </span>
                <span className="tabular whitespace-nowrap sm:text-right">
                  {type.price === null ? t("noPrice") : t("perHour", { price: yuan(type.price) })}
                  {type.spotPrice === null ? null : (
                    <span className="ml-2 text-muted text-xs sm:ml-0 sm:block">
                      {t("spotPerHour", { price: yuan(type.spotPrice) })}
                    </span>
                  )}
                </span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      <p role="status" className="text-muted text-xs">
        {t("typesFound", { shown: shown.length, count: found.length })}
      </p>
    </div>
  );
}
