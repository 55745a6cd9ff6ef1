"use client";

import { Plus, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useFieldArray, useFormContext } from "react-hook-form";
import { NumberField, SelectField, TextField } from "@/components/form/fields";
import { Button } from "@/components/ui/button";
import { IconButton } from "@/components/ui/icon-button";
import { Section } from "@/components/ui/section";
import { useRange } from "./use-range";

/** What a container is made of. */
export function ContainerFields() {
  const t = useTranslations("templates");
  const range = useRange();
  return (
    <>
      <Section title={t("section.environment")}>
        <div className="flex flex-col gap-4">
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
    </>
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
