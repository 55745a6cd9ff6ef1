import { useTranslations } from "next-intl";
import { Facts } from "@/components/ui/section";
import type { CollectRules } from "@/db/schema/experiments";

/** The task to be read, for those who may not change it. */
export function TaskFacts({
  task,
  templateName,
}: {
  task: {
    durationMinutes: number | null;
    maxAttempts: number | null;
    selfExtensions: number;
    selfExtensionMinutes: number;
    idleMinutes: number | null;
    collectRules: CollectRules | null;
  };
  templateName: string | null;
}) {
  const t = useTranslations("experiments");
  return (
    <Facts
      items={[
        { label: t("field.template"), value: templateName ?? t("noTemplate") },
        {
          label: t("field.duration"),
          value:
            task.durationMinutes === null ? t("unlimited") : t("minutesOf", { count: task.durationMinutes }),
        },
        {
          label: t("field.maxAttempts"),
          value: task.maxAttempts === null ? t("unlimited") : t("timesOf", { count: task.maxAttempts }),
        },
        {
          label: t("field.selfExtensions"),
          value: t("extensionsOf", { count: task.selfExtensions, minutes: task.selfExtensionMinutes }),
        },
        {
          label: t("field.idleMinutes"),
          value: task.idleMinutes === null ? t("never") : t("idleOf", { count: task.idleMinutes }),
        },
        {
          label: t("collect.include"),
          value: task.collectRules?.include.length ? (
            <Patterns of={task.collectRules.include} />
          ) : (
            t("collect.all")
          ),
        },
        {
          label: t("collect.exclude"),
          value: task.collectRules?.exclude.length ? (
            <Patterns of={task.collectRules.exclude} />
          ) : (
            t("collect.nothing")
          ),
        },
        { label: t("collect.maxFile"), value: `${task.collectRules?.maxFileMb ?? 500} MB` },
      ]}
    />
  );
}

const Patterns = ({ of }: { of: readonly string[] }) => (
  <code className="whitespace-pre-wrap break-all font-mono text-sm">{of.join("\n")}</code>
);
