import { getTranslations } from "next-intl/server";
import { Badge } from "@/components/ui/badge";
import { PageHeader } from "@/components/ui/page-header";
import { Notice, Section } from "@/components/ui/section";
import { Tabs } from "@/components/ui/tabs";
import { pageUser } from "@/lib/accounts";
import { found } from "@/lib/platform/found";
import { getTemplate, listRegions, listTemplateVersions } from "@/lib/templates";
import { TemplateActions } from "@/lib/templates/components/template-actions";
import { TemplateFacts } from "@/lib/templates/components/template-facts";
import { TemplateForm } from "@/lib/templates/components/template-form";
import { TemplateVersions } from "@/lib/templates/components/template-versions";
import { warmPool } from "@/lib/workspaces";
import { WarmPanel } from "@/lib/workspaces/components/warm-panel";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props) {
  const ctx = await pageUser();
  const template = await found(getTemplate(ctx, (await params).id));
  return { title: template.name };
}

export default async function TemplatePage({ params }: Props) {
  const ctx = await pageUser();
  const { id } = await params;
  const template = await found(getTemplate(ctx, id));
  const [t, versions, regions] = await Promise.all([
    getTranslations("templates"),
    listTemplateVersions(ctx, id),
    listRegions(ctx),
  ]);
  const pool = template.may.edit ? await warmPool({ ctx, input: { templateId: id } }) : null;
  const editable = template.may.edit && template.archivedAt === null;
  return (
    <>
      <PageHeader
        title={template.name}
        breadcrumbs={[{ label: t("title"), href: "/teach/templates" }]}
        badges={
          <>
            <Badge tone={template.visibility === "shared" ? "info" : "neutral"}>
              {t(`visibility.${template.visibility}`)}
            </Badge>
            <Badge>{t("versionNumber", { number: template.version })}</Badge>
            {template.archivedAt ? <Badge tone="warn">{t("archived")}</Badge> : null}
          </>
        }
        actions={
          <TemplateActions
            templateId={template.id}
            name={template.name}
            archived={template.archivedAt !== null}
            mayEdit={template.may.edit}
          />
        }
      />
      <Tabs
        label={t("title")}
        tabs={[
          {
            value: "settings",
            label: t("tab.settings"),
            content: editable ? (
              <TemplateForm template={template} regions={regions} />
            ) : (
              <div className="flex max-w-3xl flex-col gap-4">
                <Notice tone="info">
                  {template.may.edit
                    ? t("archivedNotice")
                    : t("readOnly", { name: template.createdByName ?? "" })}
                </Notice>
                <Section title={t("section.environment")}>
                  <TemplateFacts spec={template.spec} regions={regions} />
                </Section>
              </div>
            ),
          },
          ...(pool
            ? [
                {
                  value: "warm",
                  label: t("tab.warm"),
                  count: pool.ready || undefined,
                  content: <WarmPanel templateId={template.id} pool={pool} />,
                },
              ]
            : []),
          {
            value: "versions",
            label: t("tab.versions"),
            count: versions.length,
            content: (
              <div className="flex max-w-3xl flex-col gap-3">
                <p className="text-muted text-sm">{t("versionsHint")}</p>
                <Section flush>
                  <TemplateVersions
                    versions={versions}
                    currentId={template.currentVersionId}
                    regions={regions}
                  />
                </Section>
              </div>
            ),
          },
        ]}
      />
    </>
  );
}
