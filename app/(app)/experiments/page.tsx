import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { ButtonLink } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { groupOf, ownTasks, type StatusGroup, statusGroups, taskStatus } from "@/lib/attempts";
import { ExperimentList, type ListedExperiment } from "@/lib/attempts/components/experiment-list";
import { listStudentExperiments } from "@/lib/experiments";

export async function generateMetadata() {
  const t = await getTranslations("attempts");
  return { title: t("mine.title") };
}

export default async function MyExperimentsPage({
  searchParams,
}: {
  searchParams: Promise<{ state?: string | string[] }>;
}) {
  const ctx = await pageUser();
  const [t, { state }, experiments] = await Promise.all([
    getTranslations("attempts"),
    searchParams,
    listStudentExperiments(ctx),
  ]);
  const own = await ownTasks({ ctx, taskIds: experiments.flatMap(({ tasks }) => tasks.map(({ id }) => id)) });
  const now = ctx.clock.now();
  const listed = experiments.map((experiment): ListedExperiment & { groups: Set<StatusGroup> } => {
    const tasks = experiment.tasks.map((task) => {
      const mine = own.get(task.id);
      const open = mine?.open ?? null;
      const used = mine?.used ?? 0;
      const status = taskStatus({
        now,
        window: experiment.window,
        maxAttempts: task.maxAttempts,
        used,
        open,
      });
      return {
        id: task.id,
        title: task.title,
        maxAttempts: task.maxAttempts,
        used,
        ...status,
        begun: Boolean(open?.startedAt),
        deadlineAt: open?.startedAt ? open.deadlineAt : null,
        workspace: open?.workspace ?? null,
      };
    });
    return {
      id: experiment.id,
      title: experiment.title,
      course: experiment.course.name,
      window: experiment.window,
      tasks,
      groups: new Set(tasks.map(groupOf)),
    };
  });
  const chosen = statusGroups.find((group) => group === state);
  const shown = chosen ? listed.filter(({ groups }) => groups.has(chosen)) : listed;
  // What runs comes first, then what can be started by its close; what is over comes last.
  const rank = ({ groups }: (typeof listed)[number]) => statusGroups.findIndex((group) => groups.has(group));
  shown.sort((a, b) => rank(a) - rank(b));

  return (
    <>
      <LiveRefresh topics={["user:me"]} />
      <PageHeader title={t("mine.title")} />
      {listed.length === 0 ? (
        <div className="rounded-md border border-border bg-raised">
          <EmptyState
            icon={<FlaskConical aria-hidden="true" />}
            title={t("mine.empty")}
            action={<ButtonLink href="/experiments">{t("mine.reload")}</ButtonLink>}
          >
            {t("mine.emptyText")}
          </EmptyState>
        </div>
      ) : (
        <>
          <nav aria-label={t("mine.filter")} className="mb-3 flex flex-wrap gap-2">
            <Chip href="/experiments" active={!chosen} count={listed.length}>
              {t("groups.all")}
            </Chip>
            {statusGroups.map((group) => (
              <Chip
                key={group}
                href={`/experiments?state=${group}`}
                active={group === chosen}
                count={listed.filter(({ groups }) => groups.has(group)).length}
              >
                {t(`groups.${group}`)}
              </Chip>
            ))}
          </nav>
          {shown.length === 0 ? (
            <div className="rounded-md border border-border bg-raised">
              <EmptyState
                title={t("mine.noMatch")}
                action={<ButtonLink href="/experiments">{t("mine.showAll")}</ButtonLink>}
              />
            </div>
          ) : (
            <ExperimentList experiments={shown} now={now} />
          )}
        </>
      )}
    </>
  );
}

function Chip({
  href,
  active,
  count,
  children,
}: {
  href: string;
  active: boolean;
  count: number;
  children: React.ReactNode;
}) {
  return (
    <Link
      href={href}
      aria-current={active ? "true" : undefined}
      className={cn(
        "inline-flex h-8 items-center gap-1.5 rounded-full border px-3 text-base pointer-coarse:h-10",
        active
          ? "border-accent bg-accent-soft font-medium text-accent"
          : "border-border bg-raised text-text hover:bg-hover",
      )}
    >
      {children}
      <span className={cn("tabular text-xs", active ? "text-accent" : "text-muted")}>{count}</span>
    </Link>
  );
}
