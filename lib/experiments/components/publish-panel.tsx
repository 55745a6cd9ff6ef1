"use client";

import { Check, CircleAlert, EyeOff, Info, Send } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useAction } from "@/components/form/use-action";
import { useArchive } from "@/components/form/use-archive";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Notice, Section } from "@/components/ui/section";
import { toast } from "@/components/ui/toast";
import {
  archiveExperimentAction,
  publishExperimentAction,
  restoreExperimentAction,
  unpublishExperimentAction,
} from "../actions";
import type { CheckItem } from "../checklist";

const tabOf: Record<CheckItem["key"], string> = {
  description: "content",
  template: "task",
  templateArchived: "task",
  assignment: "audience",
  students: "audience",
  window: "audience",
  budget: "task",
};

type Shown = {
  id: string;
  title: string;
  status: "draft" | "published";
  archived: boolean;
};

/** What is missing, and the one step that shows the experiment to students or hides it again. */
export function PublishPanel({
  experiment,
  checklist,
  activity,
  forecast,
  warmHref,
  mayEdit,
  mayRestore,
  closeNow,
}: {
  experiment: Shown;
  checklist: readonly CheckItem[];
  activity: { openAttempts: number; running: number; waiting: number };
  /** What it will cost; the page brings it, because costs are no business of this noun. */
  forecast: ReactNode;
  /** Where its environment can be booted in advance. */
  warmHref: string | null;
  mayEdit: boolean;
  mayRestore: boolean;
  /** Ends it for everybody at once; the page brings it, because attempts are no business of this noun. */
  closeNow: ReactNode;
}) {
  const t = useTranslations("experiments");
  const router = useRouter();
  const publish = useAction(publishExperimentAction);
  const unpublish = useAction(unpublishExperimentAction);
  const { archive, button } = useArchive(archiveExperimentAction, restoreExperimentAction);
  const [asking, setAsking] = useState<"unpublish" | "archive" | null>(null);
  const experimentId = experiment.id;
  const published = experiment.status === "published";
  const blocking = checklist.filter((item) => item.blocking && !item.done);
  const undone = new Set(checklist.filter((item) => !item.done).map((item) => item.key));
  // One line for one matter: no archived template beside a missing one, no students of nobody.
  const items = checklist.filter(
    ({ key }) =>
      (key !== "templateArchived" || undone.has(key)) && (key !== "students" || !undone.has("assignment")),
  );

  const run = async (action: typeof publish, done: string, undo?: () => void) => {
    if (!(await action.run({ experimentId }))) return;
    router.refresh();
    toast({ title: done, undo: undo ? { label: t("undo"), run: undo } : undefined });
  };
  const publishNow = () => run(publish, t("publish.done", { title: experiment.title }));
  const unpublishNow = () =>
    run(unpublish, t("publish.undone", { title: experiment.title }), () => void publishNow());
  const thing = { input: { experimentId }, name: experiment.title };
  const archiveNow = () => archive(thing);
  const ask = (what: "unpublish" | "archive") => {
    if (activity.openAttempts > 0) setAsking(what);
    else void (what === "unpublish" ? unpublishNow() : archiveNow());
  };
  return (
    <div className="flex max-w-3xl flex-col gap-4">
      <Section
        title={published ? t("publish.published") : t("publish.checklist")}
        description={published ? t("publish.publishedHint") : undefined}
        actions={
          mayEdit ? (
            published ? (
              <Button
                icon={<EyeOff aria-hidden="true" />}
                busy={unpublish.busy}
                onClick={() => ask("unpublish")}
              >
                {t("publish.unpublish")}
              </Button>
            ) : (
              <Button
                variant="primary"
                icon={<Send aria-hidden="true" />}
                busy={publish.busy}
                disabled={blocking.length > 0}
                onClick={() => void publishNow()}
              >
                {t("publish.publish")}
              </Button>
            )
          ) : undefined
        }
        flush
      >
        <ul className="divide-y divide-border">
          {items.map((item) => (
            <li key={item.key} className="flex min-h-11 items-center gap-3 px-4 py-2">
              {item.done ? (
                <Check aria-hidden="true" className="size-4 shrink-0 text-ok" />
              ) : item.blocking ? (
                <CircleAlert aria-hidden="true" className="size-4 shrink-0 text-danger" />
              ) : (
                <Info aria-hidden="true" className="size-4 shrink-0 text-warn" />
              )}
              <span className="min-w-0 flex-1">
                {t(`check.${item.key}.${item.done ? "done" : "missing"}`)}
                {item.done || item.blocking ? null : (
                  <span className="ml-2 text-muted text-sm">{t("check.advice")}</span>
                )}
              </span>
              {item.done || !mayEdit ? null : (
                <Link
                  href={`/teach/experiments/${experimentId}?tab=${tabOf[item.key]}`}
                  className="shrink-0 rounded-sm text-accent text-sm hover:underline"
                >
                  {t("check.go")}
                </Link>
              )}
            </li>
          ))}
        </ul>
        {!published && mayEdit && blocking.length > 0 ? (
          <p className="border-border border-t px-4 py-2 text-muted text-sm" role="status">
            {t("publish.blocked", { count: blocking.length })}
          </p>
        ) : null}
      </Section>
      {forecast}
      {activity.openAttempts > 0 ? (
        <Notice tone="info">
          {t("publish.activity", {
            open: activity.openAttempts,
            running: activity.running,
            waiting: activity.waiting,
          })}
        </Notice>
      ) : null}
      {warmHref && !experiment.archived ? (
        <p className="text-muted text-sm">
          {t.rich("publish.warm", {
            link: (text) => (
              <Link href={warmHref} className="text-accent underline">
                {text}
              </Link>
            ),
          })}
        </p>
      ) : null}
      {closeNow}
      {mayRestore ? (
        <Section title={t("publish.archiveTitle")}>
          <div className="flex flex-wrap items-center gap-3">
            <p className="min-w-48 flex-1 text-muted text-sm">
              {experiment.archived ? t("publish.archivedHint") : t("publish.archiveHint")}
            </p>
            {button(thing, experiment.archived, () => ask("archive"))}
          </div>
        </Section>
      ) : null}
      <ConfirmDialog
        open={asking !== null}
        onOpenChange={(shown) => shown || setAsking(null)}
        danger={false}
        title={
          asking === "archive"
            ? t("archiveRunning", { count: activity.openAttempts })
            : activity.running + activity.waiting > 0
              ? t("publish.unpublishRunning", { running: activity.running, waiting: activity.waiting })
              : t("publish.unpublishOpen", { count: activity.openAttempts })
        }
        confirm={asking === "archive" ? t("archive") : t("publish.unpublish")}
        onConfirm={() => (asking === "archive" ? archiveNow() : unpublishNow())}
      >
        {t(asking === "archive" ? "archiveRunningHint" : "publish.unpublishText")}
      </ConfirmDialog>
    </div>
  );
}
