import { useTranslations } from "next-intl";
import { Facts } from "@/components/ui/section";
import type { ContainerSpec, TemplateSpec } from "@/db/schema/templates";
import { useSize } from "./spec-words";

/** Everything that a version says, to be read. */
export function TemplateFacts({ spec }: { spec: TemplateSpec }) {
  if (spec.driver === "docker") return <ContainerFacts spec={spec} />;
  return null;
}

function ContainerFacts({ spec }: { spec: ContainerSpec }) {
  const t = useTranslations("templates");
  const size = useSize();
  const variables = Object.entries(spec.env);
  return (
    <Facts
      items={[
        { label: t("field.protocol"), value: t(`protocol.${spec.protocol}`) },
        { label: t("field.image"), value: <code className="break-all font-mono text-sm">{spec.image}</code> },
        { label: t("field.cpus"), value: t("cores", { count: spec.cpus }) },
        { label: t("field.memory"), value: size(spec.memoryMb) },
        { label: t("field.disk"), value: size(spec.diskMb) },
        { label: t("field.processes"), value: spec.processes },
        { label: t("field.network"), value: t(`networkLong.${spec.network}`) },
        { label: t("field.startTimeout"), value: t("seconds", { count: spec.startTimeoutSeconds }) },
        {
          label: t("section.variables"),
          value:
            variables.length === 0 ? (
              <span className="text-muted">{t("variable.none")}</span>
            ) : (
              <ul className="font-mono text-sm">
                {variables.map(([name, value]) => (
                  <li key={name} className="break-all">
                    {name}={value}
                  </li>
                ))}
              </ul>
            ),
        },
      ]}
    />
  );
}
