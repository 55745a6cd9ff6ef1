"use client";

import { ChevronDown } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useCallback, useEffect, useRef, useState } from "react";
import { buttonClass } from "@/components/ui/button";
import { Drawer } from "@/components/ui/drawer";
import { Notice } from "@/components/ui/section";
import { toast } from "@/components/ui/toast";
import { CollectedFiles } from "@/lib/collections/components/collected-files";
import { DesktopView } from "@/lib/consoles/components/desktop-view";
import { Terminals } from "@/lib/consoles/components/terminals";
import { FilesPanel } from "@/lib/homefiles/components/files-panel";
import { RecordingConsent } from "@/lib/recordings/components/consent";
import { WatchBanner } from "@/lib/watches/components/watch-banner";
import { useConsole } from "@/lib/workspaces/components/use-console";
import type { ScreenView } from "../screen";
import type { Warning } from "../warnings";
import { DriveNotice } from "./drive-notice";
import { PausedCover } from "./paused-cover";
import { ReclaimNotice } from "./reclaim-notice";
import { ResetNotice } from "./reset-notice";
import { useScreen } from "./use-screen";
import { WarningsBar } from "./warnings-bar";
import { WatchScreen } from "./watch-screen";
import { WorkspaceBar } from "./workspace-bar";
import { WorkspaceFrame } from "./workspace-frame";
import { EndedPanel, Panel, StartingPanel } from "./workspace-panels";

const hiddenKey = "labyard-bar-hidden";
const frameName = "labyard-workspace";

/** The page of one workspace, whatever it is doing. */
export function WorkspaceScreen({ first, warnings }: { first: ScreenView; warnings: Warning[] }) {
  const { view, signedOut, refetch } = useScreen(first);
  const t = useTranslations("workspaces");
  const router = useRouter();
  const [filesOpen, setFilesOpen] = useState(false);
  const [terminals, setTerminals] = useState<"never" | "open" | "closed">("never");
  const [barHidden, setBarHidden] = useState(false);
  const showBar = useRef<HTMLButtonElement>(null);
  const over = view.attempt.state === "ended" || ["stopping", "stopped", "failed"].includes(view.state);
  const running = !over && (view.state === "ready" || view.state === "paused");
  const framed = running && view.mine;
  const jupyter = view.protocol === "jupyter";
  const console = useConsole(view.id, frameName, framed && jupyter && view.state === "ready");
  const unasked = view.recording.on && !view.recording.agreed;
  const windows = view.cloud?.os === "windows";
  // Beside a desktop it is asked once, in the middle.
  const shells = framed && !windows && (jupyter || !unasked);
  const toggleTerminals = useCallback(() => setTerminals((now) => (now === "open" ? "closed" : "open")), []);
  useTerminalKey(shells, toggleTerminals);

  useEffect(() => setBarHidden(localStorage.getItem(hiddenKey) === "1"), []);
  const hideBar = (hidden: boolean) => {
    setBarHidden(hidden);
    localStorage.setItem(hiddenKey, hidden ? "1" : "0");
    if (hidden) {
      toast({ title: t("bar.hidden"), kind: "info" });
      setTimeout(() => showBar.current?.focus());
    }
  };

  // Asked to start again: go with it.
  const next = view.restart && view.mine ? view.successorId : null;
  useEffect(() => {
    if (next) router.replace(`/workspaces/${next}`);
  }, [next, router]);

  const fullScreen = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    // The whole document: dialogs and menus live outside this element.
    else void document.documentElement.requestFullscreen().catch(() => undefined);
  };

  // The server refuses as well; here it is said why before anything is tried.
  const consent = unasked ? (
    <RecordingConsent
      workspaceId={view.id}
      days={view.recording.days}
      back={`/experiments/${view.experimentId}`}
      agreed={refetch}
    />
  ) : null;

  return (
    <div data-full-bleed="" className="flex h-dvh flex-col bg-surface">
      {framed && barHidden ? (
        <button
          ref={showBar}
          type="button"
          aria-label={t("bar.show")}
          title={t("bar.show")}
          onClick={() => hideBar(false)}
          className="absolute top-0 left-1/2 z-30 grid h-4 w-14 -translate-x-1/2 place-items-center rounded-b-md border border-border border-t-0 bg-raised text-muted opacity-60 hover:opacity-100 focus-visible:opacity-100 pointer-coarse:h-8 pointer-coarse:w-16"
        >
          <ChevronDown aria-hidden="true" className="size-3.5" />
        </button>
      ) : (
        <WorkspaceBar
          view={view}
          filesOpen={filesOpen}
          onFiles={() => setFilesOpen(!filesOpen)}
          terminalsOpen={terminals === "open"}
          onTerminals={shells ? toggleTerminals : undefined}
          onNewTab={jupyter ? () => void console.openTab() : undefined}
          onFullScreen={fullScreen}
          onHide={() => hideBar(true)}
        />
      )}
      {view.mine && !over ? <WarningsBar first={warnings} here={view.id} /> : null}
      {framed ? <WatchBanner workspaceId={view.id} /> : null}
      {running && view.mine && view.reset ? (
        <ResetNotice key={view.id} workspaceId={view.id} note={view.reset} />
      ) : null}
      {framed && windows ? <DriveNotice key={`drive-${view.id}`} workspaceId={view.id} /> : null}
      {running && view.cloud?.reclaimAt ? <ReclaimNotice at={view.cloud.reclaimAt} mine={view.mine} /> : null}
      {running && view.health === "unreachable" ? (
        <div role="status">
          <Notice tone="warn" title={t("unreachable.title")}>
            {t("unreachable.text")}
          </Notice>
        </div>
      ) : null}
      <main className="relative flex min-h-0 flex-1">
        {signedOut ? (
          <Panel title={t("frame.signedOut")}>
            <p className="text-muted">{t("frame.signedOutText")}</p>
            <div>
              <a
                href={`/sign-in?next=${encodeURIComponent(`/workspaces/${view.id}`)}`}
                className={buttonClass({ variant: "primary" })}
              >
                {t("frame.signIn")}
              </a>
            </div>
          </Panel>
        ) : framed ? (
          <div className="relative flex min-h-0 min-w-0 flex-1 flex-col">
            <div className="relative flex min-h-0 flex-1">
              <div inert={view.state === "paused"} className="contents">
                {jupyter ? (
                  <WorkspaceFrame
                    name={frameName}
                    title={view.title}
                    workspaceId={view.id}
                    console={console}
                  />
                ) : (
                  (consent ?? (
                    <DesktopView workspaceId={view.id} mode="use" active={view.state === "ready"} />
                  ))
                )}
              </div>
              {view.state === "paused" ? <PausedCover view={view} /> : null}
            </div>
            {shells && terminals !== "never" ? (
              <Drawer
                name="terminals"
                title={t("bar.terminals")}
                open={terminals === "open"}
                onClose={() => setTerminals("closed")}
              >
                {consent ?? <Terminals workspaceId={view.id} />}
              </Drawer>
            ) : null}
          </div>
        ) : !view.mine ? (
          <WatchScreen view={view} running={running} />
        ) : over ? (
          <EndedPanel
            view={view}
            collected={
              <CollectedFiles attemptId={view.attempt.id} collection={view.attempt.collection} open />
            }
          />
        ) : (
          <StartingPanel view={view} />
        )}
        {filesOpen && view.attempt.state === "open" ? (
          <FilesPanel attemptId={view.attempt.id} writable={view.mine} onClose={() => setFilesOpen(false)} />
        ) : null}
      </main>
    </div>
  );
}

/** Ctrl+` as in editors; caught before a desktop on this page takes it for itself. */
function useTerminalKey(enabled: boolean, toggle: () => void): void {
  useEffect(() => {
    if (!enabled) return;
    const keys = (event: KeyboardEvent) => {
      if (event.code !== "Backquote" || !event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.type === "keydown" && !event.repeat) toggle();
    };
    window.addEventListener("keydown", keys, { capture: true });
    return () => window.removeEventListener("keydown", keys, { capture: true });
  }, [enabled, toggle]);
}
