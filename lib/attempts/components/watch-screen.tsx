"use client";

import { useTranslations } from "next-intl";
import { DesktopView } from "@/lib/consoles/components/desktop-view";
import { Terminals } from "@/lib/consoles/components/terminals";
import { useOwnWatch } from "@/lib/watches/components/use-watches";
import { WatchButton, WatchRoom } from "@/lib/watches/components/watch-room";
import type { ScreenView } from "../screen";
import { StaffActions } from "./staff-actions";
import { WatchPanel } from "./workspace-panels";

/** A student's workspace for those who watch over it: how it is, and for staff, once they ask, what is on it. */
export function WatchScreen({ view, running }: { view: ScreenView; running: boolean }) {
  const t = useTranslations("watches");
  const { watch, refetch } = useOwnWatch(view.id, view.staff && running);
  const desktop = view.protocol !== "jupyter";
  if (watch && running) {
    return (
      <WatchRoom
        watch={watch}
        name={view.owner.name}
        changed={refetch}
        places={{
          ...(desktop
            ? {
                desktop: (mode) => (
                  <DesktopView
                    workspaceId={view.id}
                    mode={mode}
                    own={false}
                    active={view.state === "ready"}
                  />
                ),
              }
            : {}),
          ...(view.cloud?.os === "windows"
            ? {}
            : { terminal: (mode) => <Terminals key={mode} workspaceId={view.id} mode={mode} /> }),
        }}
      />
    );
  }
  return (
    <WatchPanel
      view={view}
      actions={
        <>
          {view.staff && running ? (
            <div className="flex flex-col items-start gap-2">
              <WatchButton workspaceId={view.id} begun={refetch} />
              <p className="text-muted text-xs">{t("note")}</p>
            </div>
          ) : null}
          <StaffActions view={view} />
        </>
      }
    />
  );
}
