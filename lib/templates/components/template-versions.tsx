import { useTranslations } from "next-intl";
import { Badge } from "@/components/ui/badge";
import { Time } from "@/components/ui/time";
import type { RegionChoice } from "../list-regions";
import type { listTemplateVersions } from "../queries";
import { SpecWords } from "./spec-words";
import { TemplateFacts } from "./template-facts";

type Version = Awaited<ReturnType<typeof listTemplateVersions>>[number];

/** Newest first; each opens to what it says. */
export function TemplateVersions({
  versions,
  currentId,
  regions,
}: {
  versions: readonly Version[];
  currentId: string;
  regions: readonly RegionChoice[];
}) {
  const t = useTranslations("templates");
  return (
    <ol className="divide-y divide-border">
      {versions.map((version) => (
        <li key={version.id}>
          <details className="group">
            <summary className="flex min-h-10 cursor-pointer flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 hover:bg-hover">
              <span className="font-medium">{t("versionNumber", { number: version.number })}</span>
              {version.id === currentId ? <Badge tone="ok">{t("current")}</Badge> : null}
              <span className="text-muted text-sm">
                <SpecWords spec={version.spec} />
              </span>
              <span className="ml-auto text-muted text-sm">
                {version.createdByName} · <Time at={version.createdAt} mode="datetime" />
              </span>
            </summary>
            <div className="px-4 pt-1 pb-4">
              <TemplateFacts spec={version.spec} regions={regions} />
            </div>
          </details>
        </li>
      ))}
    </ol>
  );
}
