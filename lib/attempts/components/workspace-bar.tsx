"use client";

import {
  ArrowLeft,
  Camera,
  ChevronUp,
  CircleHelp,
  CirclePause,
  Clock,
  Cpu,
  Ellipsis,
  Eraser,
  ExternalLink,
  FolderOpen,
  Maximize,
  Play,
  RotateCcw,
  Square,
  SquareTerminal,
  Timer,
} from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Button, buttonClass } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Countdown } from "@/components/ui/countdown";
import { IconButton } from "@/components/ui/icon-button";
import { Menu, type MenuEntry } from "@/components/ui/menu";
import { StateChip } from "@/components/ui/state-chip";
import { toast } from "@/components/ui/toast";
import { Tooltip } from "@/components/ui/tooltip";
import { FreezeDialog } from "@/lib/clouds/components/freeze-dialog";
import { pauseWorkspaceAction, resumeWorkspaceAction } from "@/lib/consoles/actions";
import { RecordingSign } from "@/lib/recordings/components/consent";
import { restartWorkspaceAction, stopWorkspaceAction } from "@/lib/workspaces/actions";
import { KernelsDialog } from "@/lib/workspaces/components/kernels-dialog";
import { WorkspaceStateChip } from "@/lib/workspaces/components/state-chip";
import { WorkspaceStats } from "@/lib/workspaces/components/stats";
import { extendOwnAttemptAction } from "../actions";
import type { ScreenView } from "../screen";
import { EndAttemptDialog } from "./end-button";
import { ResetDialog } from "./reset-dialog";
import { WorkspaceHelp } from "./workspace-help";

/** The 40 px over a workspace: what it is, how it is, how long still, and what can be done with it. */
export function WorkspaceBar({
  view,
  filesOpen,
  onFiles,
  terminalsOpen,
  onTerminals,
  onNewTab,
  onFullScreen,
  onHide,
}: {
  view: ScreenView;
  filesOpen: boolean;
  onFiles: () => void;
  terminalsOpen: boolean;
  /** Absent where there is no shell to offer. */
  onTerminals?: () => void;
  /** Absent where the page itself is all there is. */
  onNewTab?: () => void;
  onFullScreen: () => void;
  onHide: () => void;
}) {
  const t = useTranslations("workspaces.bar");
  const tPause = useTranslations("workspaces.pause");
  const tReset = useTranslations("workspaces.reset");
  const tFreeze = useTranslations("clouds.freeze");
  const tKernels = useTranslations("workspaces.kernels");
  const [asks, setAsks] = useState<
    "stop" | "restart" | "pause" | "kernels" | "reset" | "freeze" | "end" | null
  >(null);
  const [help, setHelp] = useState(false);
  const stop = useAction(stopWorkspaceAction);
  const restart = useAction(restartWorkspaceAction);
  const pause = useAction(pauseWorkspaceAction);
  const resume = useAction(resumeWorkspaceAction);
  const extend = useAction(extendOwnAttemptAction);
  const { attempt, mine, state } = view;
  const live = state !== "stopping" && state !== "stopped" && state !== "failed";
  const running = state === "ready" || state === "paused";
  const kernels = state === "ready" && view.protocol === "jupyter";
  const open = attempt.state === "open";
  const mayExtend = mine && open && attempt.startedAt !== null && attempt.deadlineAt !== null;

  const mayEnd = open && attempt.startedAt !== null && (mine || view.staff);

  const addTime = async () => {
    if (await extend.run({ attemptId: attempt.id })) {
      toast({ title: t("extended", { minutes: attempt.extensionMinutes }) });
    }
  };
  const extendEntry: MenuEntry[] =
    mayExtend && attempt.extensionsLeft > 0
      ? [
          {
            label: t("extendBy", { minutes: attempt.extensionMinutes }),
            icon: <Clock aria-hidden="true" />,
            hint: t("left", { count: attempt.extensionsLeft }),
            onSelect: () => void addTime(),
          },
        ]
      : mayExtend && attempt.extensions > 0
        ? [
            {
              label: t("noneLeft"),
              icon: <Clock aria-hidden="true" />,
              hint: t("noneLeftHint"),
              disabled: true,
            },
          ]
        : [];
  const mayFreeze = view.cloud?.mayFreeze === true && (state === "ready" || state === "paused");
  const always: MenuEntry[] =
    live && mine
      ? [
          ...(state === "paused"
            ? [
                {
                  label: tPause("resume"),
                  icon: <Play aria-hidden="true" />,
                  onSelect: () => void resume.run({ workspaceId: view.id }),
                },
              ]
            : []),
          ...(kernels
            ? [
                {
                  label: tKernels("menu"),
                  icon: <Cpu aria-hidden="true" />,
                  onSelect: () => setAsks("kernels"),
                },
              ]
            : []),
          ...(state === "ready"
            ? [
                {
                  label: tPause(view.cloud ? "cloud.pause" : "pause"),
                  icon: <CirclePause aria-hidden="true" />,
                  onSelect: () => setAsks("pause"),
                },
              ]
            : []),
          ...(running
            ? [
                {
                  label: t("restart"),
                  icon: <RotateCcw aria-hidden="true" />,
                  onSelect: () => setAsks("restart"),
                },
              ]
            : []),
          ...(mayFreeze
            ? [
                {
                  label: tFreeze("menu"),
                  icon: <Camera aria-hidden="true" />,
                  onSelect: () => setAsks("freeze"),
                },
              ]
            : []),
          { label: t("stop"), icon: <Square aria-hidden="true" />, onSelect: () => setAsks("stop") },
          ...(open && attempt.startedAt
            ? [
                {
                  label: tReset("menu"),
                  icon: <Eraser aria-hidden="true" />,
                  danger: true,
                  onSelect: () => setAsks("reset"),
                },
              ]
            : []),
        ]
      : [];
  const phone: MenuEntry[] = [
    ...extendEntry,
    ...(running && mine
      ? [
          ...(onNewTab
            ? [{ label: t("newTab"), icon: <ExternalLink aria-hidden="true" />, onSelect: onNewTab }]
            : []),
          { label: t("fullScreen"), icon: <Maximize aria-hidden="true" />, onSelect: onFullScreen },
        ]
      : []),
    { label: t("help"), icon: <CircleHelp aria-hidden="true" />, onSelect: () => setHelp(true) },
  ];
  const hide: MenuEntry[] =
    running && mine ? [{ label: t("hide"), icon: <ChevronUp aria-hidden="true" />, onSelect: onHide }] : [];
  const endEntry: MenuEntry[] = mayEnd
    ? [{ label: t("end"), danger: true, onSelect: () => setAsks("end") }]
    : [];
  const withLine = (entries: MenuEntry[]): MenuEntry[] =>
    entries.length > 0 ? ["separator", ...entries] : [];
  const more = (
    <IconButton size="sm" label={t("more")}>
      <Ellipsis aria-hidden="true" />
    </IconButton>
  );

  return (
    <header className="relative z-30 flex h-10 shrink-0 items-center gap-1 border-border border-b bg-raised pr-2 pl-1 md:gap-2 pointer-coarse:h-12">
      <Tooltip text={t("back")}>
        <Link
          href={mine ? `/experiments/${view.experimentId}` : `/teach/experiments/${view.experimentId}/live`}
          aria-label={t("back")}
          className={buttonClass({ variant: "ghost", size: "sm" }, "w-7 px-0 pointer-coarse:w-10")}
        >
          <ArrowLeft aria-hidden="true" />
        </Link>
      </Tooltip>
      <h1 className="min-w-0 shrink truncate font-semibold text-base">{view.title}</h1>{" "}
      <span className="hidden min-w-0 shrink-[2] truncate text-muted text-sm lg:inline">
        {mine
          ? view.taskTitle === view.title
            ? null
            : view.taskTitle
          : [view.owner.number, view.owner.name].filter(Boolean).join(" ")}
      </span>{" "}
      <span aria-live="polite" className="min-w-0 shrink-0">
        {!open && !live && state !== "stopping" ? (
          <StateChip tone="neutral">{t("ended")}</StateChip>
        ) : (
          <WorkspaceStateChip workspace={view} />
        )}
      </span>
      {open && attempt.startedAt && attempt.deadlineAt ? (
        <span className="flex shrink-0 items-center gap-1 text-sm">
          <Timer aria-hidden="true" className="hidden size-4 text-muted sm:block" />
          <span className="sr-only">{t("timeLeft")}</span>
          <Countdown deadline={attempt.deadlineAt} bare />
        </span>
      ) : null}
      {running && mine && view.recording.on && view.recording.agreed ? (
        <RecordingSign workspaceId={view.id} />
      ) : null}
      <span className="flex-1" />
      {running && !view.cloud ? (
        <WorkspaceStats workspaceId={view.id} className="hidden xl:inline-flex" />
      ) : null}
      {mayExtend ? (
        <span className="hidden md:inline-flex">
          {attempt.extensionsLeft > 0 ? (
            <Button
              size="sm"
              variant="ghost"
              busy={extend.busy}
              icon={<Clock aria-hidden="true" />}
              onClick={addTime}
              title={t("extendHint", { count: attempt.extensionsLeft })}
            >
              {t("extendShort", { minutes: attempt.extensionMinutes })}
              <span className="tabular text-muted text-xs">
                {t("left", { count: attempt.extensionsLeft })}
              </span>
            </Button>
          ) : attempt.extensions > 0 ? (
            <Tooltip text={t("noneLeftHint")}>
              <span className="px-2 text-muted text-xs">{t("noneLeft")}</span>
            </Tooltip>
          ) : null}
        </span>
      ) : null}
      {open && (mine || view.staff) ? (
        <IconButton
          size="sm"
          label={t("files")}
          aria-expanded={filesOpen}
          onClick={onFiles}
          className={filesOpen ? "bg-hover" : undefined}
        >
          <FolderOpen aria-hidden="true" />
        </IconButton>
      ) : null}
      {onTerminals ? (
        <IconButton
          size="sm"
          label={t("terminals")}
          aria-expanded={terminalsOpen}
          aria-keyshortcuts="Control+`"
          onClick={onTerminals}
          className={terminalsOpen ? "bg-hover" : undefined}
        >
          <SquareTerminal aria-hidden="true" />
        </IconButton>
      ) : null}
      <span className="hidden items-center gap-1 md:flex">
        <IconButton size="sm" label={t("help")} onClick={() => setHelp(true)}>
          <CircleHelp aria-hidden="true" />
        </IconButton>
        {running && mine ? (
          <>
            {onNewTab ? (
              <IconButton size="sm" label={t("newTab")} onClick={onNewTab}>
                <ExternalLink aria-hidden="true" />
              </IconButton>
            ) : null}
            <IconButton size="sm" label={t("fullScreen")} onClick={onFullScreen}>
              <Maximize aria-hidden="true" />
            </IconButton>
          </>
        ) : null}
        {always.length + hide.length > 0 ? (
          <Menu trigger={more} entries={hide.length > 0 ? [...always, "separator", ...hide] : always} />
        ) : null}
      </span>
      <span className="md:hidden">
        <Menu trigger={more} entries={[...phone, ...withLine([...always, ...endEntry]), ...withLine(hide)]} />
      </span>
      {mayEnd ? (
        <Button size="sm" className="hidden md:inline-flex" onClick={() => setAsks("end")}>
          {t("end")}
        </Button>
      ) : null}
      <WorkspaceHelp
        about={view.cloud?.os ?? (view.protocol === "jupyter" ? "jupyter" : "desktop")}
        open={help}
        onOpenChange={setHelp}
        onKernels={
          kernels && mine
            ? () => {
                setHelp(false);
                setAsks("kernels");
              }
            : undefined
        }
      />
      {mayFreeze ? (
        <FreezeDialog
          workspaceId={view.id}
          open={asks === "freeze"}
          onOpenChange={(shown) => setAsks(shown ? "freeze" : null)}
        />
      ) : null}
      <ResetDialog
        attemptId={attempt.id}
        open={asks === "reset"}
        onOpenChange={(shown) => setAsks(shown ? "reset" : null)}
      />
      <KernelsDialog
        workspaceId={view.id}
        open={asks === "kernels"}
        onOpenChange={(shown) => setAsks(shown ? "kernels" : null)}
        onRestartAll={() => setAsks("restart")}
      />
      <ConfirmDialog
        open={asks === "pause"}
        onOpenChange={(shown) => setAsks(shown ? "pause" : null)}
        danger={false}
        title={tPause(view.cloud ? "cloud.title" : "title")}
        confirm={tPause(view.cloud ? "cloud.confirm" : "confirm")}
        onConfirm={() => pause.run({ workspaceId: view.id })}
      >
        {tPause(view.cloud ? "cloud.text" : "text")}
      </ConfirmDialog>
      <EndAttemptDialog
        attemptId={attempt.id}
        of={mine ? { left: attempt.attemptsLeft } : { name: view.owner.name }}
        cloud={view.cloud !== null}
        open={asks === "end"}
        onOpenChange={(shown) => setAsks(shown ? "end" : null)}
      />
      <ConfirmDialog
        open={asks === "stop"}
        onOpenChange={(shown) => setAsks(shown ? "stop" : null)}
        danger={false}
        title={t("stopTitle")}
        confirm={t("stopConfirm")}
        onConfirm={() => stop.run({ workspaceId: view.id })}
      >
        {t(view.cloud ? "cloud.stopText" : "stopText")}
      </ConfirmDialog>
      <ConfirmDialog
        open={asks === "restart"}
        onOpenChange={(shown) => setAsks(shown ? "restart" : null)}
        danger={false}
        title={t("restartTitle")}
        confirm={t("restartConfirm")}
        onConfirm={() => restart.run({ workspaceId: view.id })}
      >
        {t(view.cloud ? "cloud.restartText" : "restartText")}
      </ConfirmDialog>
    </header>
  );
}
