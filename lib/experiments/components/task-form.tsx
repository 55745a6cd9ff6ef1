"use client";

import { ExternalLink } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useFormContext, useWatch } from "react-hook-form";
import { NumberField, SelectField, TextAreaField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Button, ButtonLink } from "@/components/ui/button";
import { Notice, Section } from "@/components/ui/section";
import { toast } from "@/components/ui/toast";
import type { CollectRules } from "@/db/schema/experiments";
import type { TemplateSpec } from "@/db/schema/templates";
import { SpecWords } from "@/lib/templates/components/spec-words";
import { editTaskAction } from "../actions";
import { taskFields, taskLimits } from "../schema";

export type TemplateChoice = {
  id: string;
  name: string;
  version: number;
  spec: TemplateSpec;
  archived: boolean;
};

/** Environment, duration, attempts and extensions of the experiment's task. */
export function TaskForm({
  task,
  templates,
  openAttempts,
}: {
  task: {
    id: string;
    templateId: string | null;
    durationMinutes: number | null;
    maxAttempts: number | null;
    selfExtensions: number;
    selfExtensionMinutes: number;
    idleMinutes: number | null;
    collectRules: CollectRules | null;
  };
  templates: readonly TemplateChoice[];
  openAttempts: number;
}) {
  const t = useTranslations("experiments");
  const router = useRouter();
  const { id: taskId, collectRules, ...values } = task;
  const range = (name: keyof typeof taskLimits) => {
    const [least, most] = taskLimits[name];
    return t("range", { least, most });
  };
  return (
    <Form
      schema={taskFields}
      defaultValues={{
        ...values,
        templateId: values.templateId ?? "",
        collectRules: {
          include: collectRules?.include.join("\n") ?? "",
          exclude: collectRules?.exclude.join("\n") ?? "",
          maxFileMb: collectRules?.maxFileMb ?? null,
        },
      }}
      className="max-w-3xl"
      submit={t("saveTask")}
      onSubmit={async (fields) => {
        const result = await editTaskAction({ taskId, ...fields });
        if (result.ok) {
          const { moved } = result.data;
          toast({ title: t("taskSaved"), description: moved > 0 ? t("moved", { count: moved }) : undefined });
          router.refresh();
        }
        return result;
      }}
    >
      {openAttempts > 0 ? (
        <Notice tone="info">{t("taskOpenAttempts", { count: openAttempts })}</Notice>
      ) : null}
      <Section title={t("section.template")}>
        <div className="flex flex-col gap-3">
          <SelectField
            name="templateId"
            label={t("field.template")}
            placeholder={t("chooseTemplate")}
            options={templates.map((template) => ({
              value: template.id,
              label: template.archived ? t("templateArchived", { name: template.name }) : template.name,
            }))}
            help={t("help.template")}
          />
          <ChosenTemplate templates={templates} />
        </div>
      </Section>
      <Section title={t("section.limits")}>
        <div className="grid gap-4 sm:grid-cols-2">
          <NumberField
            name="durationMinutes"
            label={t("field.duration")}
            unit={t("minutes")}
            placeholder={t("unlimited")}
            help={t("help.duration")}
          />
          <NumberField
            name="maxAttempts"
            label={t("field.maxAttempts")}
            unit={t("times")}
            placeholder={t("unlimited")}
            help={t("help.maxAttempts")}
          />
          <NumberField
            name="selfExtensions"
            label={t("field.selfExtensions")}
            unit={t("times")}
            help={t("help.selfExtensions", { range: range("selfExtensions") })}
          />
          <NumberField
            name="selfExtensionMinutes"
            label={t("field.selfExtensionMinutes")}
            unit={t("minutes")}
            help={range("selfExtensionMinutes")}
          />
          <NumberField
            name="idleMinutes"
            label={t("field.idleMinutes")}
            unit={t("minutes")}
            placeholder={t("never")}
            help={t("help.idleMinutes", { range: range("idleMinutes") })}
          />
        </div>
      </Section>
      <Section title={t("section.collect")} description={t("collect.intro")}>
        <div className="grid gap-4 sm:grid-cols-2">
          <TextAreaField
            name="collectRules.include"
            label={t("collect.include")}
            help={t("collect.includeHelp")}
            rows={4}
            spellCheck={false}
            placeholder={"*.ipynb\nreport/"}
          />
          <div className="flex flex-col gap-2">
            <TextAreaField
              name="collectRules.exclude"
              label={t("collect.exclude")}
              help={t("collect.excludeHelp")}
              rows={4}
              spellCheck={false}
            />
            <ExcludePresets />
          </div>
          <NumberField
            name="collectRules.maxFileMb"
            label={t("collect.maxFile")}
            unit="MB"
            placeholder="500"
            help={t("collect.maxFileHelp")}
          />
          <p className="self-end text-muted text-xs">{t("collect.patterns")}</p>
        </div>
      </Section>
    </Form>
  );
}

const presets = ["node_modules", "*.pyc", ".git", ".venv", "/data/"] as const;

/** What teachers leave out most, one press each. */
function ExcludePresets() {
  const t = useTranslations("experiments.collect");
  const { getValues, setValue } = useFormContext();
  const chosen = String(useWatch({ name: "collectRules.exclude" }) ?? "").split("\n");
  return (
    <div className="flex flex-wrap items-center gap-1 text-muted text-xs">
      <span>{t("presets")}</span>
      {presets.map((preset) => (
        <Button
          key={preset}
          size="sm"
          variant="ghost"
          disabled={chosen.includes(preset)}
          aria-label={t("addPreset", { name: preset })}
          onClick={() => {
            const lines = String(getValues("collectRules.exclude") ?? "").trimEnd();
            setValue("collectRules.exclude", lines ? `${lines}\n${preset}` : preset, {
              shouldDirty: true,
              shouldValidate: true,
            });
          }}
        >
          <code className="font-mono">{preset}</code>
        </Button>
      ))}
    </div>
  );
}

function ChosenTemplate({ templates }: { templates: readonly TemplateChoice[] }) {
  const t = useTranslations("experiments");
  const chosen = useWatch({ name: "templateId" }) as string;
  const template = templates.find((candidate) => candidate.id === chosen);
  if (templates.length === 0) {
    return (
      <Notice
        tone="warn"
        title={t("noTemplates")}
        actions={<ButtonLink href="/teach/templates/new">{t("createTemplate")}</ButtonLink>}
      >
        {t("noTemplatesHint")}
      </Notice>
    );
  }
  if (!template) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-muted text-sm">
      <code className="font-mono text-text">{template.spec.image}</code>
      <SpecWords spec={template.spec} />
      {template.spec.driver === "docker" ? (
        <span>{t(`network.${template.spec.network}`)}</span>
      ) : (
        <span>{t("cloudCosts")}</span>
      )}
      <ButtonLink
        href={`/teach/templates/${template.id}`}
        target="_blank"
        variant="ghost"
        size="sm"
        icon={<ExternalLink aria-hidden="true" />}
      >
        {t("openTemplate")}
      </ButtonLink>
    </div>
  );
}
