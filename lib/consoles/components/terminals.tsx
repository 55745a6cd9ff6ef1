"use client";

import { Tabs } from "@base-ui/react/tabs";
import { Ellipsis, Plus, Search, SquareTerminal, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useErrorMessage } from "@/components/error-message";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { IconButton } from "@/components/ui/icon-button";
import { Kbd } from "@/components/ui/kbd";
import { Menu } from "@/components/ui/menu";
import { toast } from "@/components/ui/toast";
import { TerminalLink } from "./terminal-link";
import { LinkNotice } from "./terminal-notice";
import { TerminalPane } from "./terminal-pane";
import { useTerminalSettings } from "./use-terminal-settings";
import { useVisibleHeight } from "./use-visible-height";

const usual = { cols: 80, rows: 24 };

/**
 * The shells of a workspace, as tabs: the same ones on every page and device of the student, and for who
 * watches them. Fills its place; the caller gives it one.
 */
export function Terminals({
  workspaceId,
  mode = "use",
  standalone = false,
}: {
  workspaceId: string;
  mode?: "use" | "watch";
  /** A page of its own: nothing else closes it, and it offers no such page. */
  standalone?: boolean;
}) {
  const t = useTranslations("consoles.terminal");
  const message = useErrorMessage();
  const link = useMemo(() => new TerminalLink(workspaceId, mode), [workspaceId, mode]);
  const { state, terminals, epoch, restarted } = useSyncExternalStore(link.subscribe, link.view, link.view);
  const [chosen, setChosen] = useState<number | null>(null);
  const [searching, setSearching] = useState(false);
  const [busy, setBusy] = useState<{ id: number; program: string } | null>(null);
  const { settings, change } = useTerminalSettings();
  const box = useRef<HTMLDivElement>(null);
  const tabs = useRef<HTMLDivElement>(null);
  useVisibleHeight(box);
  const active = terminals.some(({ id }) => id === chosen) ? chosen : (terminals[0]?.id ?? null);
  const own = mode === "use";
  const open = state.kind === "open";

  const words = useRef(message);
  words.current = message;
  useEffect(
    () =>
      link.start((told) => {
        if (told.type === "opened") setChosen(told.id);
        else if (told.type === "busy") setBusy(told);
        else if (told.type === "failed") toast({ title: words.current(told), kind: "danger" });
        else if (told.terminals.length === 0 && mode === "use") link.open(usual);
      }),
    [link, mode],
  );

  const leave = () => tabs.current?.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus();
  const ownTab = () => window.open(`/workspaces/${workspaceId}/terminal`, "_blank", "noopener");

  return (
    <Tabs.Root
      ref={box}
      value={active}
      onValueChange={(value: number) => {
        setChosen(value);
        setSearching(false);
      }}
      className="flex h-full min-h-0 flex-col bg-raised"
    >
      <div
        className={cn(
          "flex h-9 shrink-0 items-center gap-1 border-border border-b pl-2 pointer-coarse:h-11",
          standalone ? "pr-2" : "pr-10 pointer-coarse:pr-13",
        )}
      >
        <Tabs.List
          ref={tabs}
          aria-label={t("title")}
          className="flex h-full min-w-0 gap-3 overflow-x-auto overflow-y-hidden"
        >
          {terminals.map(({ id, state: shell }) => (
            <Tabs.Tab
              key={id}
              value={id}
              onKeyDown={(event) => {
                if (event.key === "Delete" && own) link.close(id, false);
              }}
              onAuxClick={(event) => {
                if (event.button === 1 && own) link.close(id, false);
              }}
              className="-mb-px flex shrink-0 items-center gap-1.5 whitespace-nowrap border-transparent border-b-2 text-muted text-sm hover:text-text focus-visible:outline-offset-[-2px] data-active:border-accent data-active:font-medium data-active:text-text"
            >
              <SquareTerminal aria-hidden="true" className="size-3.5" />
              {t("name", { number: id })}
              {shell === "ended" ? <span className="text-muted text-xs">{t("endedShort")}</span> : null}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {own ? (
          <IconButton
            size="sm"
            label={t("new")}
            aria-disabled={!open}
            onClick={() => open && link.open(terminals.find(({ id }) => id === active) ?? usual)}
          >
            <Plus aria-hidden="true" />
          </IconButton>
        ) : (
          <Badge>{t("readOnly")}</Badge>
        )}
        <div className="flex-1" />
        {active === null ? null : (
          <IconButton size="sm" label={t("search")} onClick={() => setSearching(!searching)}>
            <Search aria-hidden="true" />
          </IconButton>
        )}
        {own && active !== null ? (
          <IconButton size="sm" label={t("close")} onClick={() => link.close(active, false)}>
            <Trash2 aria-hidden="true" />
          </IconButton>
        ) : null}
        <Menu
          trigger={
            <Button size="sm" variant="ghost" aria-label={t("more")} className="w-7 px-0 pointer-coarse:w-10">
              <Ellipsis aria-hidden="true" />
            </Button>
          }
          header={<Keys />}
          entries={[
            {
              key: "larger",
              label: t("larger"),
              hint: `${settings.fontSize} px`,
              onSelect: () => change({ fontSize: settings.fontSize + 1 }),
            },
            {
              key: "smaller",
              label: t("smaller"),
              onSelect: () => change({ fontSize: settings.fontSize - 1 }),
            },
            {
              key: "reader",
              label: t("screenReader"),
              checked: settings.screenReader,
              onSelect: () => change({ screenReader: !settings.screenReader }),
            },
            ...(standalone || !own
              ? []
              : [{ key: "tab", label: t("ownTab"), onSelect: () => void ownTab() }]),
          ]}
        />
      </div>
      <LinkNotice
        state={state}
        restarted={restarted}
        workspaceId={workspaceId}
        onRetry={link.retry}
        onSeen={link.forgetRestart}
      />
      {terminals.map((terminal) => (
        <Tabs.Panel
          key={`${epoch} ${terminal.id}`}
          value={terminal.id}
          keepMounted
          tabIndex={-1}
          className="flex min-h-0 flex-1 outline-none [&[hidden]]:hidden"
        >
          <TerminalPane
            link={link}
            terminal={terminal}
            active={terminal.id === active}
            settings={settings}
            searching={searching}
            onSearch={setSearching}
            onLeave={leave}
          />
        </Tabs.Panel>
      ))}
      {open && terminals.length === 0 ? (
        <div className="grid flex-1 place-items-center p-4 text-center text-muted text-sm">
          {own ? (
            <div className="flex flex-col items-center gap-3">
              <p>{t("none")}</p>
              <Button icon={<Plus aria-hidden="true" />} onClick={() => link.open(usual)}>
                {t("new")}
              </Button>
            </div>
          ) : (
            <p>{t("noneToWatch")}</p>
          )}
        </div>
      ) : null}
      <ConfirmDialog
        open={busy !== null}
        onOpenChange={(shown) => !shown && setBusy(null)}
        title={t("busy.title", { program: busy?.program ?? "" })}
        confirm={t("busy.confirm")}
        onConfirm={() => busy && link.close(busy.id, true)}
      >
        {t("busy.text")}
      </ConfirmDialog>
    </Tabs.Root>
  );
}

/** The keys that are the page's and not the program's. */
function Keys() {
  const t = useTranslations("consoles.terminal.keys");
  const keys = [
    ["copy", "C"],
    ["paste", "V"],
    ["search", "F"],
    ["leave", "E"],
  ] as const;
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 text-muted text-xs pointer-coarse:hidden">
      {keys.map(([what, key]) => (
        <div key={what} className="contents">
          <dt>{t(what)}</dt>
          <dd>
            <Kbd>Ctrl</Kbd> <Kbd>Shift</Kbd> <Kbd>{key}</Kbd>
          </dd>
        </div>
      ))}
    </dl>
  );
}
