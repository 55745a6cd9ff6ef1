"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useAction } from "@/components/form/use-action";
import { Button, buttonClass } from "@/components/ui/button";
import { Facts, Notice } from "@/components/ui/section";
import { Spinner } from "@/components/ui/spinner";
import { Time } from "@/components/ui/time";
import { useCodeText } from "@/lib/clouds/components/use-code-text";
import { stopWorkspaceAction } from "@/lib/workspaces/actions";
import { CauseText, hasNoLog } from "@/lib/workspaces/components/cause";
import { LogTail } from "@/lib/workspaces/components/log-tail";
import { StartProgress } from "@/lib/workspaces/components/start-progress";
import { WorkspaceStateChip } from "@/lib/workspaces/components/state-chip";
import { WorkspaceStats } from "@/lib/workspaces/components/stats";
import type { ScreenView } from "../screen";
import { StartButton } from "./start-button";

/** The middle of the page where there is no workspace to show. */
export function Panel({ title, busy, children }: { title: ReactNode; busy?: boolean; children?: ReactNode }) {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto bg-surface">
      <div className="mx-auto flex max-w-lg flex-col gap-4 px-4 py-8 sm:py-16">
        <div role="status">
          <h2 className="flex items-center gap-2 font-semibold text-xl">
            {busy ? <Spinner className="text-muted" /> : null}
            {title}
          </h2>
        </div>
        {children}
      </div>
    </div>
  );
}

/** A start under way: true steps, and a way out. */
export function StartingPanel({ view }: { view: ScreenView }) {
  const t = useTranslations("workspaces");
  const { run, busy } = useAction(stopWorkspaceAction);
  const silent = view.health === "unreachable";
  const queued = view.state === "queued" && !silent;
  return (
    <Panel title={t(queued ? "starting.headingQueued" : "starting.heading")}>
      {silent ? (
        <div role="status">
          <Notice tone="warn" title={t("unreachable.title")}>
            {t("unreachable.starting")}
          </Notice>
        </div>
      ) : null}
      <p className="text-muted text-sm">{t(queued ? "starting.introQueued" : "starting.intro")}</p>
      <div className="rounded-md border border-border bg-raised p-4">
        <StartProgress start={view} />
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Button busy={busy} onClick={() => void run({ workspaceId: view.id })}>
          {t("starting.cancel")}
        </Button>
        <BackLink view={view} />
      </div>
      {view.attempt.startedAt ? null : <p className="text-muted text-xs">{t("starting.free")}</p>}
    </Panel>
  );
}

function BackLink({ view }: { view: ScreenView }) {
  const t = useTranslations("workspaces.ended");
  return (
    <Link href={`/experiments/${view.experimentId}`} className={buttonClass({ variant: "ghost" })}>
      {t("back")}
    </Link>
  );
}

/** What is still to be done: a Windows desktop had its files on a drive of ours all the time. */
const leaving = ({ os }: NonNullable<ScreenView["cloud"]>) => (os === "windows" ? "releasing" : "fetching");

/** It stops, has stopped or failed: why, what is kept, and how to go on. */
export function EndedPanel({ view, collected }: { view: ScreenView; collected: ReactNode }) {
  const t = useTranslations("workspaces.ended");
  const tReset = useTranslations("workspaces.reset");
  const { attempt, successorId, state, cause } = view;
  if (attempt.state === "ended") {
    const reason = (["student", "deadline", "teacher", "admin"] as const).find(
      (known) => known === attempt.endReason,
    );
    const again = attempt.attemptsLeft === null || attempt.attemptsLeft > 0;
    return (
      <Panel title={t(`attempt.${reason ?? "admin"}`)}>
        <p className="text-muted">{t("attemptText")}</p>
        <div className="rounded-md border border-border bg-raised p-4">
          <h3 className="mb-1 font-semibold">{t("files")}</h3>
          {collected}
        </div>
        <div className="flex flex-wrap items-start gap-2">
          <Link href={`/experiments/${view.experimentId}`} className={buttonClass({ variant: "primary" })}>
            {t("toExperiment")}
          </Link>
          {again ? <StartButton taskId={view.taskId} kind="again" main={false} /> : null}
        </div>
      </Panel>
    );
  }
  if (successorId) {
    return (
      <Panel title={t("successor")}>
        <p className="text-muted">{t("successorText")}</p>
        <div className="flex flex-wrap gap-2">
          <Link href={`/workspaces/${successorId}`} className={buttonClass({ variant: "primary" })}>
            {t("toSuccessor")}
          </Link>
          <BackLink view={view} />
        </div>
      </Panel>
    );
  }
  const stopping = state === "stopping";
  if (stopping && view.restart) {
    return (
      <Panel busy title={view.stopReason === "reset" ? tReset("underWay") : t("restarting")}>
        <p className="text-muted">
          {view.stopReason === "reset" ? tReset("underWayText") : t("restartingText")}
        </p>
      </Panel>
    );
  }
  if (cause) {
    return (
      <Panel title={t("failed")}>
        <Notice tone="danger" role="alert">
          <CauseText cause={cause} detail={view.causeDetail} />
        </Notice>
        <p className="text-muted text-sm">{t(attempt.startedAt ? "failedKept" : "failedFree")}</p>
        {stopping ? (
          <p className="flex items-center gap-2 text-muted text-sm">
            <Spinner />
            {t(view.cloud ? leaving(view.cloud) : "cleaning")}
          </p>
        ) : null}
        <div className="flex flex-wrap items-start gap-2">
          <StartButton taskId={view.taskId} kind={attempt.startedAt ? "resume" : "retry"} />
          <BackLink view={view} />
        </div>
        {hasNoLog(view.cause) ? null : <LogTail text={view.causeDetail} />}
      </Panel>
    );
  }
  const by = (["teacher", "admin", "idle"] as const).find((known) => known === view.stopReason) ?? "student";
  return (
    <Panel busy={stopping} title={stopping ? t("stopping") : t("stopped")}>
      <p className="text-muted">
        {by === "idle" && attempt.idleMinutes !== null
          ? t("stoppedBy.idleAfter", { minutes: attempt.idleMinutes })
          : attempt.startedAt || by !== "student"
            ? t(`stoppedBy.${by}`)
            : t("failedFree")}
      </p>
      {stopping && view.cloud ? <p className="text-muted text-sm">{t(leaving(view.cloud))}</p> : null}
      {attempt.startedAt ? <p className="text-muted text-sm">{t("clock")}</p> : null}
      <div className="flex flex-wrap items-start gap-2">
        <StartButton taskId={view.taskId} kind={attempt.startedAt && by !== "idle" ? "resume" : "retry"} />
        <BackLink view={view} />
      </div>
    </Panel>
  );
}

/** For whoever watches over it: how it is, never what is in it. */
export function WatchPanel({ view, actions }: { view: ScreenView; actions?: ReactNode }) {
  const t = useTranslations("workspaces");
  const running = view.state === "ready" || view.state === "paused";
  const starting = ["requested", "queued", "provisioning", "booting"].includes(view.state);
  const codeText = useCodeText();
  const cloudFacts = ({ instanceType, zoneId, spot, passedOver }: NonNullable<ScreenView["cloud"]>) => [
    {
      label: t("watch.instance"),
      value: [instanceType, zoneId, spot ? t("watch.spot") : null].filter(Boolean).join(" · "),
    },
    ...(passedOver.length > 0
      ? [
          {
            label: t("watch.passedOver"),
            value: (
              <ul className="text-sm">
                {passedOver.map(({ offer, code }) => (
                  <li key={offer}>
                    <code className="font-mono">{offer}</code>{" "}
                    <span className="text-muted">{codeText(code)}</span>
                  </li>
                ))}
              </ul>
            ),
          },
        ]
      : []),
  ];
  return (
    <Panel title={[view.owner.number, view.owner.name].filter(Boolean).join(" ")}>
      <p className="text-muted text-sm">{t("watch.note")}</p>
      <div className="rounded-md border border-border bg-raised p-4">
        <Facts
          items={[
            { label: t("watch.state"), value: <WorkspaceStateChip workspace={view} since /> },
            { label: t("watch.attempt"), value: t("watch.attemptNumber", { number: view.attempt.number }) },
            ...(view.activeAt
              ? [{ label: t("watch.active"), value: <Time at={view.activeAt} mode="relative" /> }]
              : []),
            ...(view.cloud?.instanceType ? cloudFacts(view.cloud) : []),
            ...(running && !view.cloud
              ? [
                  {
                    label: t("watch.load"),
                    value: <WorkspaceStats workspaceId={view.id} className="text-sm" none="—" />,
                  },
                ]
              : []),
          ]}
        />
        {starting ? (
          <div className="mt-4 border-border border-t pt-4">
            <StartProgress start={view} />
          </div>
        ) : null}
      </div>
      {view.cause ? (
        <Notice tone="danger">
          <CauseText cause={view.cause} detail={view.causeDetail} />
        </Notice>
      ) : null}
      {actions}
      {hasNoLog(view.cause) ? null : <LogTail text={view.causeDetail} />}
    </Panel>
  );
}
