"use client";

import { RotateCw } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useRef } from "react";
import { useFormContext, useWatch } from "react-hook-form";
import { useErrorMessage } from "@/components/error-message";
import { NumberField, SelectField, TextAreaField, TextField } from "@/components/form/fields";
import { Button } from "@/components/ui/button";
import { Notice, Section } from "@/components/ui/section";
import type { SelectOption } from "@/components/ui/select";
import type { RegionChoice } from "../list-regions";
import { CloudCheck } from "./cloud-check";
import { CloudPrice } from "./cloud-price";
import { SwitchPicker } from "./switch-picker";
import { TypePicker } from "./type-picker";
import { type Catalogue, useCatalogue } from "./use-catalogue";
import { useRange } from "./use-range";

const diskCategories = [
  "cloud_essd",
  "cloud_essd_entry",
  "cloud_auto",
  "cloud_ssd",
  "cloud_efficiency",
] as const;
/** As long as no image is chosen. */
const users = { linux: "ecs-user", windows: "Administrator" };
/** What the form proposes; anything else somebody has typed. */
const proposed = ["", "root", ...Object.values(users)];

/** What an instance in a cloud is made of, chosen from what its region has now. */
export function CloudFields({ regions }: { regions: readonly RegionChoice[] }) {
  const t = useTranslations("templates");
  const range = useRange();
  const [hostId, os] = useWatch({ name: ["hostId", "os"] }) as [string, "linux" | "windows"];
  const catalogue = useCatalogue(hostId);
  const known = catalogue.data;
  useUserOfImage(os, known?.images);
  return (
    <>
      <Section title={t("section.environment")} description={t("cloud.environmentHint")}>
        <div className="flex flex-col gap-4">
          <SelectField
            name="hostId"
            label={t("cloud.region")}
            help={t("cloud.regionHelp")}
            required
            placeholder={t("cloud.choose")}
            options={withOwn(
              regions.filter(({ open }) => open).map(({ hostId: value, name }) => ({ value, label: name })),
              hostId,
              t("cloud.regionClosed"),
            )}
          />
          <CatalogueState of={catalogue} chosen={hostId !== ""} />
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField
              name="os"
              label={t("cloud.os")}
              options={(["linux", "windows"] as const).map((value) => ({
                value,
                label: t(`cloud.osName.${value}`),
              }))}
            />
            <TextField
              name="user"
              label={t("cloud.user")}
              help={t("cloud.userHelp")}
              required
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              className="[&_input]:font-mono"
            />
          </div>
          <ListField
            name="image"
            label={t("cloud.image")}
            help={t(`cloud.imageHelp.${os}`)}
            options={imagesOf(known, os, t("cloud.classImage"))}
          />
        </div>
      </Section>
      <Section title={t("cloud.hardware")} description={t("cloud.hardwareHint")}>
        <div className="flex flex-col gap-5">
          <TypePicker types={known?.types} zones={known?.zones ?? []} />
          <SwitchPicker switches={known?.vSwitches} zones={known?.zones ?? []} />
          <ListField
            name="securityGroupId"
            label={t("cloud.securityGroup")}
            help={t(`cloud.securityGroupHelp.${os}`)}
            options={known?.securityGroups.map(({ id, name, vpcId }) => ({
              value: id,
              label: `${name || id}（${vpcId}）`,
            }))}
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField
              name="systemDisk.category"
              label={t("cloud.diskCategory")}
              options={diskCategories.map((value) => ({ value, label: t(`cloud.disk.${value}`) }))}
            />
            <NumberField
              name="systemDisk.sizeGb"
              label={t("cloud.diskSize")}
              unit="GB"
              help={t("cloud.diskSizeHelp", { range: range("systemDiskGb") })}
              required
            />
          </div>
        </div>
      </Section>
      <Section title={t("cloud.cost")}>
        <div className="flex flex-col gap-4">
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField
              name="spot"
              label={t("cloud.spot")}
              help={t("cloud.spotHelp")}
              options={(["first", "never", "only"] as const).map((value) => ({
                value,
                label: t(`cloud.spotName.${value}`),
              }))}
            />
            <SpotLimit />
            <NumberField
              name="internetMbps"
              label={t("cloud.internet")}
              unit="Mbps"
              help={t("cloud.internetHelp")}
              required
            />
          </div>
          <CloudPrice />
        </div>
      </Section>
      <Section title={t("cloud.start")}>
        <div className="flex flex-col gap-4">
          <div className="grid gap-4 sm:grid-cols-2">
            <NumberField
              name="diskMb"
              label={t("field.disk")}
              unit="MB"
              help={t(`cloud.homeHelp.${os}`, { range: range("diskMb") })}
              required
            />
            <NumberField
              name="startTimeoutSeconds"
              label={t("field.startTimeout")}
              unit={t("unit.seconds")}
              help={t("cloud.startTimeoutHelp", { range: range("cloudStartSeconds") })}
              required
            />
          </div>
          <details>
            <summary className="cursor-pointer font-medium text-sm">{t("cloud.advanced")}</summary>
            <div className="mt-3 flex flex-col gap-4">
              <TextAreaField
                name="userData"
                label={t("cloud.userData")}
                help={t("cloud.userDataHelp")}
                rows={5}
                spellCheck={false}
                className="[&_textarea]:font-mono"
                optional
              />
              <div className="grid gap-4 sm:grid-cols-2">
                <LaunchTemplate known={known?.launchTemplates} />
                <TextField
                  name="launchTemplateVersion"
                  label={t("cloud.launchTemplateVersion")}
                  placeholder={t("cloud.launchTemplateDefault")}
                  autoComplete="off"
                  spellCheck={false}
                  optional
                />
              </div>
            </div>
          </details>
          <CloudCheck />
        </div>
      </Section>
    </>
  );
}

type Live = ReturnType<typeof useCatalogue>;

/** Whether the lists below are those of the cloud, and what to do when they are not. */
function CatalogueState({ of, chosen }: { of: Live; chosen: boolean }): ReactNode {
  const t = useTranslations("templates.cloud");
  const message = useErrorMessage();
  const again = (
    <Button size="sm" busy={of.busy} icon={<RotateCw aria-hidden="true" />} onClick={of.again}>
      {t("again")}
    </Button>
  );
  if (!chosen) return null;
  if (of.error)
    return (
      <Notice tone="warn" role="alert" title={t("listsFailed")} actions={again}>
        {message(of.error)} {t("listsFailedHint")}
      </Notice>
    );
  return (
    <p
      role="status"
      aria-busy={of.data ? undefined : true}
      className="flex min-h-7 items-center gap-2 text-muted text-xs"
    >
      {of.data ? t("listsRead") : t("listsLoading")}
      {of.data ? again : null}
    </p>
  );
}

/** One of a list that is still on its way: what is chosen stays, also when the list lacks it. */
function ListField({
  options,
  ...field
}: {
  name: string;
  label: string;
  help: string;
  options: readonly SelectOption[] | undefined;
}) {
  const t = useTranslations("templates.cloud");
  const value = useWatch({ name: field.name }) as string;
  return (
    <SelectField
      {...field}
      required
      placeholder={options ? t("choose") : t("chooseRegionFirst")}
      options={withOwn(options ?? [], value, options ? t("notListed", { name: value }) : value)}
    />
  );
}

/** The options with what is chosen among them. */
const withOwn = (options: readonly SelectOption[], value: string, label: string): SelectOption[] =>
  value && !options.some((option) => option.value === value) ? [{ value, label }, ...options] : [...options];

function LaunchTemplate({ known }: { known: Catalogue["launchTemplates"] | undefined }) {
  const t = useTranslations("templates.cloud");
  const value = useWatch({ name: "launchTemplateId" }) as string;
  return (
    <SelectField
      name="launchTemplateId"
      label={t("launchTemplate")}
      help={t("launchTemplateHelp")}
      placeholder={t("launchTemplateNone")}
      options={withOwn(
        (known ?? []).map(({ id, name }) => ({ value: id, label: name ? `${name} · ${id}` : id })),
        value,
        value,
      )}
      optional
    />
  );
}

function imagesOf(known: Catalogue | undefined, os: string, own: string): SelectOption[] | undefined {
  return known?.images
    .filter((image) => image.os === os)
    .map(({ id, name, own: isOwn, sizeGb }) => ({
      value: id,
      label: `${isOwn ? `${own}：` : ""}${name || id} · ${sizeGb} GB`,
    }));
}

function SpotLimit() {
  const t = useTranslations("templates.cloud");
  const spot = useWatch({ name: "spot" });
  if (spot === "never") return null;
  return (
    <NumberField
      name="spotPriceLimit"
      label={t("spotLimit")}
      unit={t("yuanHour")}
      placeholder={t("spotLimitNone")}
      help={t("spotLimitHelp")}
    />
  );
}

/** The account that the cloud gives the password to in the chosen image, until somebody types another one. */
function useUserOfImage(os: "linux" | "windows", images: Catalogue["images"] | undefined): void {
  const { getValues, setValue } = useFormContext();
  const image = useWatch({ name: "image" }) as string;
  const before = useRef({ os, image });
  useEffect(() => {
    const was = before.current;
    before.current = { os, image };
    const isOther = was.os !== os;
    if (isOther) setValue("image", "", { shouldDirty: true });
    if (!isOther && was.image === image) return;
    const user = images?.find(({ id }) => id === image && !isOther)?.user ?? (isOther ? users[os] : null);
    if (user && proposed.includes(getValues("user"))) setValue("user", user, { shouldDirty: true });
  }, [os, image, images, getValues, setValue]);
}
