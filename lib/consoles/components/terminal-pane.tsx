"use client";

import { useTranslations } from "next-intl";
import { useRef } from "react";
import { TerminalScreen } from "@/components/terminal/terminal-screen";
import { Button } from "@/components/ui/button";
import type { TerminalView } from "../terminal/protocol";
import type { TerminalLink } from "./terminal-link";
import type { TerminalSettings } from "./use-terminal-settings";

const enter = 13;

/** One terminal of a workspace: its screen, and what to do when its shell has ended. */
export function TerminalPane({
  link,
  terminal,
  active,
  settings,
  searching,
  onSearch,
  onLeave,
}: {
  link: TerminalLink;
  terminal: TerminalView;
  active: boolean;
  settings: TerminalSettings;
  searching: boolean;
  onSearch: (open: boolean) => void;
  onLeave: () => void;
}) {
  const t = useTranslations("consoles.terminal");
  const { id, cols, rows, code } = terminal;
  const readOnly = link.mode === "watch";
  const ended = terminal.state === "ended";
  const now = useRef(terminal);
  now.current = terminal;
  const again = () => link.again(id, { cols: now.current.cols, rows: now.current.rows });

  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <TerminalScreen
        label={t("name", { number: id })}
        size={{ cols, rows }}
        active={active}
        readOnly={readOnly}
        fontSize={settings.fontSize}
        screenReader={settings.screenReader}
        searching={searching && active}
        onSearch={onSearch}
        onInput={(data) => {
          if (now.current.state === "running") link.input(id, data);
          else if (data[0] === enter) again();
        }}
        onFit={(size) => link.resize(id, size)}
        onLeave={onLeave}
        onOpen={(screen) => link.attach(id, screen)}
      />
      {ended ? (
        <div
          role="status"
          className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-border border-t bg-surface px-3 py-1.5 text-sm"
        >
          <span>{code === null ? t("ended") : t("endedWith", { code })}</span>
          {readOnly ? null : (
            <>
              <Button size="sm" onClick={again}>
                {t("again")}
              </Button>
              <span className="text-muted text-xs pointer-coarse:hidden">{t("againByKey")}</span>
            </>
          )}
        </div>
      ) : null}
    </div>
  );
}
