import { useTranslations } from "next-intl";
import { Facts, Section } from "@/components/ui/section";
import { StateChip } from "@/components/ui/state-chip";
import type { SystemReport } from "../report";

const tones = { ok: "ok", warn: "warn", failed: "danger" } as const;

/** What the service needs, each with its state, the cause in plain words, and the figures. */
export function System({ report }: { report: SystemReport }) {
  const t = useTranslations("jobs.system");
  return (
    <div className="flex flex-col gap-4">
      <Section title={t("checks")} flush>
        <ul className="divide-y divide-border">
          {report.checks.map((check) => (
            <li key={check.name} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2">
              <span className="w-40">{t(`names.${check.name}`)}</span>
              <StateChip tone={tones[check.state]}>{t(`states.${check.state}`)}</StateChip>
              {check.cause ? <span className="text-sm">{t(`causes.${check.cause}`)}</span> : null}
              {check.detail ? (
                <span className="tabular ml-auto font-mono text-muted text-xs">{check.detail}</span>
              ) : null}
            </li>
          ))}
        </ul>
      </Section>
      <Section title={t("process")}>
        <Facts
          items={[
            { label: t("deploy"), value: <code className="font-mono text-sm">{report.deploy}</code> },
            { label: t("pid"), value: <span className="tabular">{report.pid}</span> },
            {
              label: t("memory"),
              value: <span className="tabular">{t("mb", { mb: report.memoryMb })}</span>,
            },
            { label: t("metrics"), value: t("metricsText") },
          ]}
        />
      </Section>
    </div>
  );
}
