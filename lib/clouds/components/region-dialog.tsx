"use client";

import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useErrorMessage } from "@/components/error-message";
import { NumberField, SelectField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/section";
import { toast } from "@/components/ui/toast";
import { addRegionAction, editRegionAction, regionsOfAccountAction } from "../actions";
import { regionFields } from "../schema";
import type { AccountView, RegionView } from "../views";

/** Opens a region of an account, read from the cloud now; or changes how many instances it may have. */
export function RegionDialog({
  account,
  region,
  onClose,
}: {
  account: AccountView;
  region?: RegionView;
  onClose: () => void;
}) {
  const t = useTranslations("clouds.region");
  const router = useRouter();
  const message = useErrorMessage();
  const { data, isFetching, refetch } = useQuery({
    queryKey: ["cloud-regions", account.id],
    enabled: !region,
    staleTime: 300_000,
    refetchOnWindowFocus: false,
    queryFn: () => regionsOfAccountAction({ accountId: account.id }),
  });
  const taken = account.regions.map(({ regionId }) => regionId);
  const list = data?.ok ? data.data.filter(({ regionId }) => !taken.includes(regionId)) : [];
  return (
    <Dialog
      open
      onOpenChange={(shown) => shown || onClose()}
      title={region ? t("editTitle", { name: region.name }) : t("addTitle", { name: account.name })}
      description={region ? undefined : t("addHint")}
    >
      <Form
        schema={regionFields}
        defaultValues={{
          regionId: region?.regionId ?? "",
          most: region?.most ?? 60,
          reach: region?.reach ?? "private",
        }}
        submit={region ? t("save") : t("add")}
        onSubmit={async (fields) => {
          const result = region
            ? await editRegionAction({ ...fields, hostId: region.hostId })
            : await addRegionAction({ ...fields, accountId: account.id });
          if (result.ok) {
            toast({ title: region ? t("saved") : t("added") });
            onClose();
            router.refresh();
          }
          return result;
        }}
      >
        {data && !data.ok ? (
          <Notice
            tone="warn"
            role="alert"
            title={t("listFailed")}
            actions={
              <Button
                size="sm"
                busy={isFetching}
                icon={<RotateCw aria-hidden="true" />}
                onClick={() => void refetch()}
              >
                {t("again")}
              </Button>
            }
          >
            {message(data.error)}
          </Notice>
        ) : null}
        {region ? null : (
          <SelectField
            name="regionId"
            label={t("region")}
            required
            disabled={!data?.ok}
            placeholder={isFetching ? t("loading") : t("choose")}
            options={list.map(({ regionId, name }) => ({ value: regionId, label: `${name}（${regionId}）` }))}
          />
        )}
        <NumberField name="most" label={t("most")} unit={t("mostUnit")} help={t("mostHelp")} required />
        <SelectField
          name="reach"
          label={t("reach")}
          help={t("reachHelp")}
          options={(["private", "public"] as const).map((value) => ({
            value,
            label: t(`reachName.${value}`),
          }))}
        />
      </Form>
    </Dialog>
  );
}
