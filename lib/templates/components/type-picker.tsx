"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useWatch } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { CheckboxBox } from "@/components/ui/checkbox";
import { cn } from "@/components/ui/class-names";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import type { TypePrice } from "@/lib/clouds";
import { useYuan } from "@/lib/costs/components/use-yuan";
import { OrderedList } from "./ordered-list";
import { useSize } from "./spec-words";
import type { Catalogue } from "./use-catalogue";
import { useTypePrices } from "./use-type-prices";

type InstanceType = Catalogue["types"][number];
type Zone = Catalogue["zones"][number];

const pageSize = 20;

/** The types of instances in the order in which they are tried, with what each costs and where it is to be had. */
export function TypePicker({
  types,
  zones,
}: {
  types: readonly InstanceType[] | undefined;
  zones: readonly Zone[];
}) {
  const t = useTranslations("templates.cloud");
  const chosen = useWatch({ name: "instanceTypes" }) as readonly string[] | undefined;
  const priceOf = useTypePrices((types ?? []).filter(({ id }) => chosen?.includes(id)));
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
            {type ? <TypeWords type={type} zones={zones} price={priceOf(id)} /> : null}
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

function TypeWords({
  type,
  zones,
  price,
}: {
  type: InstanceType;
  zones: readonly Zone[];
  price: TypePrice | undefined;
}) {
  const t = useTranslations("templates.cloud");
  const size = useSize();
  return (
    <>
      <span className="tabular text-muted">
        {t("typeWords", { cpus: type.cpus, memory: size(type.memoryMb) })}
        {type.gpus > 0 ? ` · ${t("gpus", { count: type.gpus })}` : ""}
      </span>
      <Price of={price} />
      <Stock type={type} zones={zones} />
    </>
  );
}

function Price({ of }: { of: TypePrice | undefined }) {
  const t = useTranslations("templates.cloud");
  const yuan = useYuan("price");
  if (!of) return <span className="text-muted">{t("priceAsked")}</span>;
  return (
    <span className="tabular whitespace-nowrap">
      {of.price === null ? t("noPrice") : t("perHour", { price: yuan(of.price) })}
      {of.spot === null ? null : (
        <span className="ml-2 text-muted text-xs">{t("spotPerHour", { price: yuan(of.spot) })}</span>
      )}
    </span>
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
  const [search, setSearch] = useState("");
  const [cpus, setCpus] = useState("");
  const [most, setMost] = useState(pageSize);
  const cores = [...new Set(types.map((type) => type.cpus))].sort((a, b) => a - b);
  const found = types.filter(
    (type) => type.id.includes(search.trim().toLowerCase()) && (!cpus || type.cpus === Number(cpus)),
  );
  const shown = found.slice(0, most);
  const priceOf = useTypePrices(shown);
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
                <Price of={priceOf(type.id)} />
              </span>
            </label>
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p role="status" className="text-muted text-xs">
          {t("typesFound", { shown: shown.length, count: found.length })}
        </p>
        {found.length > shown.length ? (
          <Button size="sm" onClick={() => setMost(most + pageSize)}>
            {t("moreTypes")}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
