"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useFormContext, useWatch } from "react-hook-form";
import { SelectField, TextAreaField, TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Field } from "@/components/ui/field";
import { Section } from "@/components/ui/section";
import { Select } from "@/components/ui/select";
import { toast } from "@/components/ui/toast";
import { type Protocol, protocols, type TemplateSpec } from "@/db/schema/templates";
import { createTemplateAction, editTemplateAction } from "../actions";
import { fieldsOf } from "../fields";
import type { RegionChoice } from "../list-regions";
import { type Kind, kindOf, presets } from "../presets";
import type { Template } from "../queries";
import { type TemplateFields, templateFields } from "../schema";
import { CloudFields } from "./cloud-fields";
import { ContainerFields } from "./container-fields";

const kinds: readonly Kind[] = [...protocols, "cloud"];

/** Of both kinds at once: who changes the kind and back finds what was typed. */
const empty = {
  name: "",
  description: "",
  visibility: "shared" as const,
  network: "none" as const,
  env: [],
  hostId: "",
  instanceTypes: [],
  vSwitches: [],
  securityGroupId: "",
  spotPriceLimit: null,
  launchTemplateId: "",
  launchTemplateVersion: "",
  userData: "",
  ...presets.cloud,
  ...presets.jupyter,
};

/** Creates a template, or saves the next version of one. */
export function TemplateForm({
  template,
  regions,
}: {
  template?: Template;
  /** Where instances of a cloud may be had; none: no cloud is offered. */
  regions: readonly RegionChoice[];
}) {
  const t = useTranslations("templates");
  const router = useRouter();
  const values = template
    ? {
        ...empty,
        ...fieldsOf(template.spec),
        name: template.name,
        description: template.description,
        visibility: template.visibility,
      }
    : empty;
  return (
    <Form
      schema={templateFields}
      // Another version is another form: what was typed on top of an older one must not look saved.
      key={template?.currentVersionId ?? "new"}
      defaultValues={values}
      className="max-w-3xl"
      submit={template ? t("saveVersion", { number: template.version + 1 }) : t("create")}
      onSubmit={async (fields) => {
        if (!template) {
          const made = await createTemplateAction(fields);
          if (made.ok) router.push(`/teach/templates/${made.data.templateId}`);
          return made;
        }
        const saved = await editTemplateAction({
          ...fields,
          templateId: template.id,
          basedOn: template.currentVersionId,
        });
        if (saved.ok) {
          toast({ title: t("saved", { number: saved.data.version }), description: t("savedHint") });
          router.refresh();
        }
        return saved;
      }}
    >
      <Section title={t("section.general")}>
        <div className="flex flex-col gap-4">
          <TextField name="name" label={t("field.name")} required maxLength={120} />
          <TextAreaField
            name="description"
            label={t("field.description")}
            help={t("help.description")}
            rows={3}
            optional
          />
          <SelectField
            name="visibility"
            label={t("field.visibility")}
            help={t("help.visibility")}
            options={[
              { value: "shared", label: t("visibilityLong.shared") },
              { value: "own", label: t("visibilityLong.own") },
            ]}
          />
          <KindField
            offered={offered(
              template?.spec.driver,
              regions.some(({ open }) => open),
            )}
          />
        </div>
      </Section>
      <FieldsOfKind regions={regions} />
    </Form>
  );
}

/** A template stays with what it runs on; a cloud is offered where there is one. */
function offered(driver: TemplateFields["driver"] | undefined, cloud: boolean): readonly Kind[] {
  if (driver === "ecs") return ["cloud"];
  return driver === "docker" || !cloud ? protocols : kinds;
}

/** The kind of environment; what was not changed by hand follows it. */
function KindField({ offered }: { offered: readonly Kind[] }) {
  const t = useTranslations("templates");
  const { getValues, setValue } = useFormContext();
  const [driver, protocol] = useWatch({ name: ["driver", "protocol"] }) as [TemplateSpec["driver"], Protocol];
  const kind = kindOf({ driver, protocol });
  const choose = (next: Kind) => {
    const was: Record<string, unknown> = presets[kind];
    for (const [name, value] of Object.entries(presets[next])) {
      const untouched = String(getValues(name)) === String(was[name]);
      // Images of containers and of clouds are nothing to each other.
      const unfit = name === "image" && presets[next].driver !== driver;
      if ((name in was && untouched) || unfit) setValue(name, value, { shouldDirty: true });
    }
  };
  return (
    <Field label={t("field.protocol")} help={t("help.protocol")}>
      <Select
        value={kind}
        disabled={offered.length === 1}
        onChange={(event) => choose(event.target.value as Kind)}
        options={offered.map((value) => ({ value, label: t(`protocol.${value}`) }))}
      />
    </Field>
  );
}

function FieldsOfKind({ regions }: { regions: readonly RegionChoice[] }) {
  const driver = useWatch({ name: "driver" });
  return driver === "ecs" ? <CloudFields regions={regions} /> : <ContainerFields />;
}
