"use client";

import {
  ChevronDown,
  ChevronUp,
  ClipboardType,
  Command,
  Keyboard,
  PanelRightClose,
  PanelRightOpen,
  SignalHigh,
  SignalLow,
  SignalMedium,
  TextCursorInput,
  Unplug,
  Volume2,
  VolumeX,
} from "lucide-react";
import { useTranslations } from "next-intl";
import type { RefObject } from "react";
import { cn } from "../ui/class-names";
import { IconButton } from "../ui/icon-button";
import { Menu, type MenuEntry } from "../ui/menu";
import { combinations } from "./controller";
import { qualityOf } from "./quality";
import type { Snapshot } from "./session";
import type { TouchMode } from "./touch";

export type ToolbarProps = {
  snapshot: Snapshot;
  mode: "use" | "watch";
  panel: boolean;
  onPanel: () => void;
  board: boolean;
  onBoard: () => void;
  muted: boolean;
  onMuted: () => void;
  /** Absent where nobody has fingers on the glass. */
  touch?: { mode: TouchMode; onMode: (mode: TouchMode) => void; onKeyboard: () => void };
  /** Absent where a screen has no pixels to spare. */
  fine?: { on: boolean; onChange: (on: boolean) => void };
  onChord: (chord: readonly number[]) => void;
  /** The strip lies below the desktop, and not beside it. */
  narrow: boolean;
  hidden: boolean;
  onHidden: (hidden: boolean) => void;
  /** Where the focus goes from a menu: back into the desktop. */
  desktop: RefObject<HTMLElement | null>;
  first: RefObject<HTMLButtonElement | null>;
};

const signals = { good: SignalHigh, fair: SignalMedium, poor: SignalLow, none: Unplug };
const signalTones = { good: "text-ok", fair: "text-warn", poor: "text-danger", none: "text-muted" };

/** What a desktop's picture cannot give: a strip beside it, below it on a phone. */
export function Toolbar(props: ToolbarProps) {
  const { snapshot, mode, panel, board, muted, touch, hidden, onHidden, desktop, first, narrow } = props;
  const t = useTranslations("desktop.tools");
  const use = mode === "use";
  const off = snapshot.state.kind !== "open";
  if (hidden)
    return (
      <button
        ref={first}
        type="button"
        aria-label={t("show")}
        title={t("show")}
        onClick={() => onHidden(false)}
        className="absolute right-0 bottom-0 z-10 grid h-10 w-10 place-items-center rounded-tl-md border border-border border-r-0 border-b-0 bg-raised text-muted opacity-60 hover:opacity-100 focus-visible:opacity-100 md:top-1/2 md:bottom-auto md:h-14 md:w-4 md:-translate-y-1/2 md:rounded-bl-md md:border-b"
      >
        <PanelRightOpen aria-hidden="true" className="hidden size-3.5 md:block" />
        <ChevronUp aria-hidden="true" className="size-4 md:hidden" />
      </button>
    );
  return (
    <section
      aria-label={t("label")}
      className="flex shrink-0 items-center justify-center gap-1 border-border border-t bg-raised p-1 md:flex-col md:justify-start md:border-t-0 md:border-l"
    >
      <Connection {...props} />
      {use ? (
        <>
          <IconButton
            size="sm"
            label={t("text")}
            disabled={off && !panel}
            aria-expanded={panel}
            onClick={props.onPanel}
            className={panel ? "bg-hover" : undefined}
          >
            <ClipboardType aria-hidden="true" />
          </IconButton>
          <Menu
            side={narrow ? "top" : "left"}
            align="start"
            finalFocus={desktop}
            trigger={
              <IconButton size="sm" label={t("keys")} disabled={off}>
                <Command aria-hidden="true" />
              </IconButton>
            }
            entries={combinations.map(({ name, chord }) => ({
              label: name,
              onSelect: () => props.onChord(chord),
            }))}
          />
          <IconButton
            size="sm"
            label={t("board")}
            disabled={off && !board}
            aria-expanded={board}
            onClick={props.onBoard}
            className={board ? "bg-hover" : undefined}
          >
            <Keyboard aria-hidden="true" />
          </IconButton>
          {touch ? (
            <IconButton size="sm" label={t("soft")} disabled={off} onClick={touch.onKeyboard}>
              <TextCursorInput aria-hidden="true" />
            </IconButton>
          ) : null}
        </>
      ) : null}
      <IconButton size="sm" label={t(muted ? "unmute" : "mute")} aria-pressed={muted} onClick={props.onMuted}>
        {muted ? <VolumeX aria-hidden="true" /> : <Volume2 aria-hidden="true" />}
      </IconButton>
      <span className="hidden flex-1 md:block" />
      <IconButton size="sm" label={t("hide")} onClick={() => onHidden(true)}>
        <PanelRightClose aria-hidden="true" className="hidden md:block" />
        <ChevronDown aria-hidden="true" className="md:hidden" />
      </IconButton>
      <span className="sr-only" role="status">
        {snapshot.state.kind === "open" && !snapshot.stable ? t("unstable") : null}
      </span>
    </section>
  );
}

/** How good the connection is, and what can be chosen about the picture. */
function Connection({ snapshot, touch, fine, desktop, first, narrow }: ToolbarProps) {
  const t = useTranslations("desktop.tools");
  const { state, ping, stable, transport } = snapshot;
  const quality =
    state.kind !== "open" ? "none" : !stable ? "poor" : ping === null ? "good" : qualityOf(ping);
  const Icon = signals[quality];
  const entries: MenuEntry[] = [
    ...(touch
      ? (["direct", "pad"] as const).map((mode) => ({
          label: t(`touch.${mode}`),
          checked: touch.mode === mode,
          onSelect: () => touch.onMode(mode),
        }))
      : []),
    ...(touch && fine ? ["separator" as const] : []),
    ...(fine ? [{ label: t("fine"), checked: fine.on, onSelect: () => fine.onChange(!fine.on) }] : []),
  ];
  return (
    <Menu
      side={narrow ? "top" : "left"}
      align="start"
      finalFocus={desktop}
      header={
        <div className="max-w-60">
          <p className="font-medium">{t(`quality.${quality}`)}</p>
          <p className="tabular text-muted text-sm">
            {ping === null ? t("pingUnknown") : t("ping", { ms: ping })}
          </p>
          {transport === "http" ? <p className="text-muted text-sm">{t("http")}</p> : null}
        </div>
      }
      trigger={
        <IconButton ref={first} size="sm" label={t(`quality.${quality}`)} data-quality={quality}>
          <Icon aria-hidden="true" className={cn(signalTones[quality])} />
        </IconButton>
      }
      entries={entries}
    />
  );
}
