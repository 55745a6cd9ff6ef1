"use client";

import "@xterm/xterm/css/xterm.css";
import { useTranslations } from "next-intl";
import { useCallback, useEffect, useRef, useState } from "react";
import { cn } from "../ui/class-names";
import { toast } from "../ui/toast";
import { copySelection, pasteInto } from "./clipboard";
import { withControl } from "./control-key";
import { KeyBar } from "./key-bar";
import { openScreen, type Screen, type Size } from "./open-screen";
import { SearchBar } from "./search-bar";

export type TerminalScreenProps = {
  /** What screen readers call it. */
  label: string;
  /** The size that its program has. */
  size: Size;
  /** Seen now: it takes the focus, and its place decides the size. */
  active: boolean;
  readOnly: boolean;
  fontSize: number;
  screenReader: boolean;
  searching: boolean;
  onSearch: (open: boolean) => void;
  onInput: (data: Uint8Array) => void;
  /** The size that would fill its place, when the person turns to it or the place changes. */
  onFit: (size: Size) => void;
  /** Ctrl+Shift+E: the way out for who has only a keyboard, as Tab belongs to the program. */
  onLeave: () => void;
  /** Called once it can be written to; what it returns is called when it closes. */
  onOpen: (screen: Screen) => () => void;
};

const encoder = new TextEncoder();

/** A terminal: draws bytes, gives back bytes. Knows nothing of where they come from. */
export function TerminalScreen(props: TerminalScreenProps) {
  const { label, size, active, readOnly, fontSize, screenReader, searching } = props;
  const t = useTranslations("ui.terminal");
  const place = useRef<HTMLDivElement>(null);
  const [screen, setScreen] = useState<Screen | null>(null);
  const [control, setControl] = useState(false);
  const now = useRef({ ...props, control });
  now.current = { ...props, control };

  const input = useCallback((data: Uint8Array) => {
    if (!now.current.control) return now.current.onInput(data);
    setControl(false);
    now.current.onInput(encoder.encode(withControl(new TextDecoder().decode(data))));
  }, []);

  // Opened once: what changes later is told to it.
  const first = useRef({ label, fontSize, readOnly, screenReader });
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let gone = false;
    let undo: (() => void) | undefined;
    let opened: Screen | undefined;
    const onKey = (event: KeyboardEvent) => handleKey(event, opened, now.current);
    void openScreen(element, { ...first.current, onInput: input, onKey }).then((made) => {
      if (gone) return made.close();
      opened = made;
      undo = now.current.onOpen(made);
      setScreen(made);
    });
    return () => {
      gone = true;
      undo?.();
      opened?.close();
      setScreen(null);
    };
  }, [input]);

  const wasSeen = useRef(false);
  const settle = useCallback(() => {
    const fitting = now.current.active ? screen?.fitting() : null;
    if (fitting && !now.current.readOnly) now.current.onFit(fitting);
    if (fitting && !wasSeen.current) screen?.terminal.focus();
    wasSeen.current = Boolean(fitting);
  }, [screen]);

  useEffect(() => {
    if (!screen) return;
    screen.terminal.options.fontSize = fontSize;
    screen.terminal.options.screenReaderMode = screenReader;
    screen.terminal.options.disableStdin = readOnly;
    settle();
  }, [screen, fontSize, screenReader, readOnly, settle]);

  useEffect(() => {
    const element = place.current;
    if (!screen || !element) return;
    const { textarea } = screen.terminal;
    const watcher = new ResizeObserver(settle);
    watcher.observe(element);
    textarea?.addEventListener("focus", settle);
    return () => {
      watcher.disconnect();
      textarea?.removeEventListener("focus", settle);
    };
  }, [screen, settle]);

  useEffect(() => {
    if (screen && size.cols > 1) screen.terminal.resize(size.cols, size.rows);
  }, [screen, size.cols, size.rows]);

  useEffect(() => {
    wasSeen.current = false;
    if (screen && active) settle();
  }, [screen, active, settle]);

  const press = (text: string) => {
    input(encoder.encode(text));
    screen?.terminal.focus();
  };
  const paste = async () => {
    if (screen && !(await pasteInto(screen.terminal))) toast({ title: t("pasteByKey"), kind: "info" });
    screen?.terminal.focus();
  };

  return (
    <div className="relative flex min-h-0 min-w-0 flex-1 flex-col">
      <div
        className={cn("min-h-0 flex-1 bg-raised py-1 pl-2", readOnly ? "overflow-auto" : "overflow-hidden")}
      >
        <div ref={place} className="size-full" />
      </div>
      {searching && screen ? (
        <SearchBar
          screen={screen}
          onClose={() => {
            props.onSearch(false);
            screen.terminal.focus();
          }}
        />
      ) : null}
      {readOnly ? null : (
        <KeyBar
          control={control}
          onControl={() => {
            setControl(!control);
            screen?.terminal.focus();
          }}
          onKey={press}
          onArrow={(letter) =>
            press(`\u001b${screen?.terminal.modes.applicationCursorKeysMode ? "O" : "["}${letter}`)
          }
          onPaste={() => void paste()}
        />
      )}
    </div>
  );
}

/** The page's own keys; true for those. */
function handleKey(
  event: KeyboardEvent,
  screen: Screen | undefined,
  on: Pick<TerminalScreenProps, "onSearch" | "onLeave">,
): boolean {
  const { code, ctrlKey, shiftKey, altKey, metaKey } = event;
  if (!ctrlKey || altKey || metaKey || !screen) return false;
  const act = (what: () => void): true => {
    event.preventDefault();
    if (event.type === "keydown") what();
    return true;
  };
  // The browser pastes by itself, as plain text.
  if (shiftKey && code === "KeyV") return true;
  if (shiftKey && code === "KeyC") return act(() => copySelection(screen.terminal));
  if (shiftKey && code === "KeyF") return act(() => on.onSearch(true));
  if (shiftKey && code === "KeyE") return act(on.onLeave);
  // With something selected Ctrl+C copies, as elsewhere; pressed again it interrupts.
  if (!shiftKey && code === "KeyC" && screen.terminal.hasSelection())
    return act(() => {
      copySelection(screen.terminal);
      screen.terminal.clearSelection();
    });
  // The page around opens and closes its drawer by it.
  return code === "Backquote";
}
