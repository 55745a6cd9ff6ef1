import { getTranslations } from "next-intl/server";
import { cache } from "react";
import { PageHeader } from "@/components/ui/page-header";
import { Notice, Section } from "@/components/ui/section";
import { Time } from "@/components/ui/time";
import { pageUser } from "@/lib/accounts";
import { found } from "@/lib/platform/found";
import { recordingPage } from "@/lib/recordings";
import { RecordingPlayer } from "@/lib/recordings/components/player";
import { RecordingsList } from "@/lib/recordings/components/recordings-list";

type Props = { params: Promise<{ id: string }> };

const load = cache(async (recordingId: string) =>
  found(recordingPage({ ctx: await pageUser(), recordingId })),
);

export async function generateMetadata({ params }: Props) {
  const [t, { experiment }] = await Promise.all([getTranslations("recordings"), load((await params).id)]);
  return { title: `${t("title")} · ${experiment.title}` };
}

export default async function RecordingPage({ params }: Props) {
  const t = await getTranslations("recordings");
  const { recording, owner, attempt, experiment, siblings, marks, mine } = await load((await params).id);
  const { id, kind, state, startedAt, expiresAt } = recording;
  const others = siblings.filter((one) => one.id !== id && one.state !== "expired");
  const playable = state === "done" || state === "cut";
  return (
    <>
      <PageHeader
        title={`${t(`kind.${kind}`)} · ${[owner.number, owner.name].filter(Boolean).join(" ")}`}
        breadcrumbs={[
          mine
            ? { label: experiment.title, href: `/experiments/${experiment.id}` }
            : { label: experiment.title, href: `/teach/experiments/${experiment.id}/live` },
          { label: t("of", { number: attempt.number }), href: `/attempts/${attempt.id}/recordings` },
        ]}
        description={
          <span className="flex flex-wrap gap-x-3">
            <Time at={startedAt} />
            {playable && expiresAt ? (
              <span>{t.rich("expires", { date: () => <Time at={expiresAt} mode="date" /> })}</span>
            ) : null}
          </span>
        }
      />
      <div className="flex flex-col gap-4">
        {state === "cut" ? <Notice tone="info">{t("cutNote")}</Notice> : null}
        {playable ? (
          <RecordingPlayer key={id} recordingId={id} kind={kind} marks={marks} />
        ) : (
          <Notice tone="info">{t(`state.${state}`)}</Notice>
        )}
        {others.length > 0 ? (
          <Section title={t("others")} flush>
            <RecordingsList recordings={others} />
          </Section>
        ) : null}
      </div>
    </>
  );
}
