"use client";

import { useTranslations } from "next-intl";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Facts, Notice } from "@/components/ui/section";
import { Time } from "@/components/ui/time";
import { useYuan } from "@/lib/costs/components/use-yuan";
import type { ResourceView } from "../views";
import { ResourceState } from "./resource-state";
import { useCodeText } from "./use-code-text";

/** Everything that the ledger knows of one thing, also why it became this one and not the offer before it. */
export function ResourceDialog({ resource, onClose }: { resource: ResourceView; onClose: () => void }) {
  const t = useTranslations("clouds.resource");
  const codeText = useCodeText();
  const yuan = useYuan("price");
  const { passedOver } = resource;
  return (
    <Dialog
      open
      onOpenChange={(shown) => shown || onClose()}
      title={`${t(`kind.${resource.kind}`)} ${resource.externalId ?? ""}`}
    >
      <div className="flex flex-col gap-4">
        {resource.errorCode && resource.state !== "gone" ? (
          <Notice tone="warn" title={t("trouble", { count: resource.errors })}>
            {codeText(resource.errorCode)}
          </Notice>
        ) : null}
        {resource.keptFor === "unsaved" ? (
          <Notice tone="warn" title={t("keptTitle", { name: resource.owner?.name ?? "" })}>
            {t("keptText", { price: yuan(resource.runningPrice || resource.restingPrice) })}
          </Notice>
        ) : null}
        <Facts
          items={[
            { label: t("columns.state"), value: <ResourceState resource={resource} /> },
            ...(resource.externalId
              ? [
                  {
                    label: t("cloudId"),
                    value: (
                      <span className="flex items-center gap-1">
                        <code className="break-all font-mono text-sm">{resource.externalId}</code>
                        <CopyButton text={resource.externalId} />
                      </span>
                    ),
                  },
                ]
              : []),
            {
              label: t("place"),
              value: [resource.region, resource.zoneId].filter(Boolean).join(" · ") || resource.regionId,
            },
            ...(resource.instanceType
              ? [
                  {
                    label: t("columns.type"),
                    value: `${resource.instanceType}${resource.spot ? ` · ${t("spot")}` : ""}`,
                  },
                ]
              : []),
            ...(resource.address
              ? [{ label: t("address"), value: <code className="font-mono">{resource.address}</code> }]
              : []),
            { label: t("created"), value: <Time at={resource.createdAt} mode="datetime" /> },
            ...(resource.goneAt
              ? [{ label: t("gone"), value: <Time at={resource.goneAt} mode="datetime" /> }]
              : []),
            ...(resource.guardAt && !resource.goneAt
              ? [{ label: t("columns.guard"), value: <Time at={resource.guardAt} mode="datetime" /> }]
              : []),
            {
              label: t("price"),
              value: t(resource.kind === "address" ? "addressPriceText" : "priceText", {
                running: yuan(resource.runningPrice),
                resting: yuan(resource.restingPrice),
              }),
            },
            { label: t("columns.spent"), value: yuan(resource.spent) },
          ]}
        />
        {passedOver && passedOver.length > 0 ? (
          <div>
            <h3 className="mb-1 font-medium text-sm">{t("passedOver")}</h3>
            <ol className="divide-y divide-border rounded-md border border-border text-sm">
              {passedOver.map(({ offer, code }) => (
                <li key={offer} className="flex flex-wrap gap-x-3 px-3 py-1.5">
                  <code className="font-mono">{offer}</code>
                  <span className="text-muted">{codeText(code)}</span>
                </li>
              ))}
            </ol>
          </div>
        ) : null}
      </div>
    </Dialog>
  );
}
