"use client";

import { Plus, X } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import { useFieldArray, useFormContext, useWatch } from "react-hook-form";
import { NumberField, SelectField, TextAreaField, TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Button } from "@/components/ui/button";
import { IconButton } from "@/components/ui/icon-button";
import { Section } from "@/components/ui/section";
import { toast } from "@/components/ui/toast";
import { type Protocol, protocols } from "@/db/schema/templates";
import { createTemplateAction, editTemplateAction } from "../actions";
import { containerSpec } from "../container-spec";
import { presets } from "../presets";
import type { Template } from "../queries";
import { templateFields, templateLimits } from "../schema";

const empty = {
  name: "",
  description: "",
  visibility: "shared" as const,
  protocol: "jupyter" as const,
  ...presets.jupyter,
  network: "none" as const,
  env: [],
};

/** Creates a template, or saves the next version of one. */
export function TemplateForm({ template }: { template?: Template }) {
  const t = useTranslations("templates");
  const router = useRouter();
  const range = (name: keyof typeof templateLimits) => {
    const [least, most] = templateLimits[name];
    return t("range", { least, most });
  };
  const spec = template && containerSpec(template.spec);
  const values = spec
    ? {
        ...empty,
        ...spec,
        name: template.name,
        description: template.description,
        visibility: template.visibility,
        env: Object.entries(spec.env).map(([name, value]) => ({ name, value })),
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
        </div>
      </Section>
      <Section title={t("section.environment")}>
        <div className="flex flex-col gap-4">
          <KindField />
          <TextField
            name="image"
            label={t("field.image")}
            help={t("help.image")}
            required
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            className="[&_input]:font-mono"
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <NumberField
              name="cpus"
              label={t("field.cpus")}
              unit={t("unit.cores")}
              help={range("cpus")}
              required
            />
            <NumberField
              name="memoryMb"
              label={t("field.memory")}
              unit="MB"
              help={range("memoryMb")}
              required
            />
            <NumberField
              name="diskMb"
              label={t("field.disk")}
              unit="MB"
              help={t("help.disk", { range: range("diskMb") })}
              required
            />
            <NumberField
              name="processes"
              label={t("field.processes")}
              help={t("help.processes", { range: range("processes") })}
              required
            />
            <SelectField
              name="network"
              label={t("field.network")}
              help={t("help.network")}
              options={[
                { value: "none", label: t("networkLong.none") },
                { value: "internet", label: t("networkLong.internet") },
              ]}
            />
            <NumberField
              name="startTimeoutSeconds"
              label={t("field.startTimeout")}
              unit={t("unit.seconds")}
              help={t("help.startTimeout", { range: range("startTimeoutSeconds") })}
              required
            />
          </div>
        </div>
      </Section>
      <Section title={t("section.variables")} description={t("help.variables")}>
        <Variables />
      </Section>
    </Form>
  );
}

/** The kind of environment; what was not changed by hand follows it. */
function KindField() {
  const t = useTranslations("templates");
  const { control, getValues, setValue } = useFormContext();
  const kind: Protocol = useWatch({ control, name: "protocol" });
  const before = useRef(kind);
  useEffect(() => {
    const was = presets[before.current];
    before.current = kind;
    for (const [name, value] of Object.entries(presets[kind])) {
      if (String(getValues(name)) === String(was[name as keyof typeof was]))
        setValue(name, value, { shouldDirty: true });
    }
  }, [kind, getValues, setValue]);
  return (
    <SelectField
      name="protocol"
      label={t("field.protocol")}
      help={t("help.protocol")}
      options={protocols.map((value) => ({ value, label: t(`protocol.${value}`) }))}
    />
  );
}

function Variables() {
  const t = useTranslations("templates");
  const { control } = useFormContext();
  const { fields, append, remove } = useFieldArray({ control, name: "env" });
  return (
    <div className="flex flex-col gap-3">
      {fields.map((field, index) => (
        <div key={field.id} className="flex items-start gap-2">
          <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-[2fr_3fr]">
            <TextField
              name={`env.${index}.name`}
              label={t("variable.name", { number: index + 1 })}
              autoComplete="off"
              spellCheck={false}
            />
            <TextField
              name={`env.${index}.value`}
              label={t("variable.value", { number: index + 1 })}
              autoComplete="off"
              spellCheck={false}
            />
          </div>
          <div className="mt-6">
            <IconButton label={t("variable.remove", { number: index + 1 })} onClick={() => remove(index)}>
              <X aria-hidden="true" />
            </IconButton>
          </div>
        </div>
      ))}
      <div>
        <Button icon={<Plus aria-hidden="true" />} onClick={() => append({ name: "", value: "" })}>
          {t("variable.add")}
        </Button>
      </div>
    </div>
  );
}
