import { getTranslations } from "next-intl/server";
import { cache } from "react";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { Section } from "@/components/ui/section";
import { pageUser } from "@/lib/accounts";
import { loadAttempt } from "@/lib/attempts";
import { found } from "@/lib/platform/found";
import { recordingsOf } from "@/lib/recordings";
import { RecordingsList } from "@/lib/recordings/components/recordings-list";

type Props = { params: Promise<{ id: string }> };

const load = cache(async (attemptId: string) =>
  found(loadAttempt(await pageUser(), attemptId, "recordings")),
);

export async function generateMetadata({ params }: Props) {
  const [t, { attempt }] = await Promise.all([getTranslations("recordings"), load((await params).id)]);
  return { title: t("of", { number: attempt.number }) };
}

export default async function RecordingsPage({ params }: Props) {
  const ctx = await pageUser();
  const { attempt, experiment } = await load((await params).id);
  const [t, recordings] = await Promise.all([
    getTranslations("recordings"),
    recordingsOf({ ctx, attemptId: attempt.id }),
  ]);
  const mine = attempt.userId === ctx.actor.id;
  return (
    <>
      <PageHeader
        title={t("of", { number: attempt.number })}
        breadcrumbs={[
          mine
            ? { label: experiment.title, href: `/experiments/${experiment.id}` }
            : { label: experiment.title, href: `/teach/experiments/${experiment.id}/live` },
        ]}
      />
      <Section flush>
        {recordings.length > 0 ? (
          <RecordingsList recordings={recordings} />
        ) : (
          <EmptyState title={t("empty")}>{t("emptyText")}</EmptyState>
        )}
      </Section>
    </>
  );
}
