import { useTranslations } from "next-intl";
import { Facts } from "@/components/ui/section";
import type { CloudSpec, ContainerSpec, TemplateSpec } from "@/db/schema/templates";
import type { RegionChoice } from "../list-regions";
import { useSize } from "./spec-words";

/** Everything that a version says, to be read. */
export function TemplateFacts({
  spec,
  regions,
}: {
  spec: TemplateSpec;
  /** Names of the regions of clouds. */
  regions: readonly RegionChoice[];
}) {
  return spec.driver === "docker" ? (
    <ContainerFacts spec={spec} />
  ) : (
    <CloudFacts spec={spec} region={regions.find(({ hostId }) => hostId === spec.hostId)?.name ?? "—"} />
  );
}

const Code = ({ children }: { children: string }) => (
  <code className="break-all font-mono text-sm">{children}</code>
);

function CloudFacts({ spec, region }: { spec: CloudSpec; region: string }) {
  const t = useTranslations("templates");
  const size = useSize();
  return (
    <Facts
      items={[
        { label: t("field.protocol"), value: t("protocol.cloud") },
        { label: t("cloud.region"), value: region },
        { label: t("cloud.os"), value: t(`cloud.osName.${spec.os}`) },
        { label: t("cloud.image"), value: <Code>{spec.image}</Code> },
        { label: t("cloud.user"), value: <Code>{spec.user}</Code> },
        {
          label: t("cloud.types"),
          value: (
            <ol>
              {spec.instanceTypes.map((type) => (
                <li key={type}>
                  <Code>{type}</Code>
                </li>
              ))}
            </ol>
          ),
        },
        {
          label: t("cloud.switches"),
          value: (
            <ol>
              {spec.vSwitches.map(({ zoneId, vSwitchId }) => (
                <li key={vSwitchId}>
                  {zoneId} <Code>{vSwitchId}</Code>
                </li>
              ))}
            </ol>
          ),
        },
        { label: t("cloud.securityGroup"), value: <Code>{spec.securityGroupId}</Code> },
        {
          label: t("cloud.diskSize"),
          value: `${spec.systemDisk.sizeGb} GB · ${spec.systemDisk.category}`,
        },
        {
          label: t("cloud.spot"),
          value: (
            <>
              {t(`cloud.spotName.${spec.spot}`)}
              {spec.spotPriceLimit === null
                ? null
                : ` · ${t("cloud.spotMost", { price: spec.spotPriceLimit })}`}
            </>
          ),
        },
        {
          label: t("cloud.internet"),
          value: spec.internetMbps > 0 ? `${spec.internetMbps} Mbps` : t("cloud.internetNone"),
        },
        { label: t("field.disk"), value: size(spec.diskMb) },
        { label: t("field.startTimeout"), value: t("seconds", { count: spec.startTimeoutSeconds }) },
        ...(spec.launchTemplate
          ? [
              {
                label: t("cloud.launchTemplate"),
                value: <Code>{`${spec.launchTemplate.id} · ${spec.launchTemplate.version}`}</Code>,
              },
            ]
          : []),
        ...(spec.userData
          ? [
              {
                label: t("cloud.userData"),
                value: (
                  <pre className="overflow-x-auto whitespace-pre-wrap font-mono text-sm">{spec.userData}</pre>
                ),
              },
            ]
          : []),
      ]}
    />
  );
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
