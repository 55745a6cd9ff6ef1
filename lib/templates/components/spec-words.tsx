import { useFormatter, useTranslations } from "next-intl";
import type { TemplateSpec } from "@/db/schema/templates";

/** Memory or disk in the unit that reads best: `512 MB`, `1.5 GB`. */
export function useSize(): (megabytes: number) => string {
  const format = useFormatter();
  return (megabytes) =>
    megabytes < 1024
      ? `${format.number(megabytes)} MB`
      : `${format.number(megabytes / 1024, { maximumFractionDigits: 1 })} GB`;
}

/** What an environment is given, in one line. */
export function SpecWords({ spec }: { spec: TemplateSpec }) {
  const t = useTranslations("templates");
  const size = useSize();
  if (spec.driver === "ecs") {
    const [type] = spec.instanceTypes;
    return (
      <span className="tabular whitespace-nowrap">
        {t("cloudLine", {
          type: type ?? "",
          count: spec.instanceTypes.length,
          disk: size(spec.diskMb),
        })}
      </span>
    );
  }
  return (
    <span className="tabular whitespace-nowrap">
      {t("specLine", { cpus: spec.cpus, memory: size(spec.memoryMb), disk: size(spec.diskMb) })}
    </span>
  );
}
