"use client";

import { Eye } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { cn } from "../ui/class-names";
import { toast } from "../ui/toast";
import { Cover } from "./cover";
import "./desktop.css";
import { OnScreenKeyboard } from "./on-screen-keyboard";
import type { Entrance } from "./session";
import { TextPanel } from "./text-panel";
import { Toolbar } from "./toolbar";
import type { TouchMode } from "./touch";
import { useDesktop } from "./use-desktop";

const keysOf = {
  hidden: "labyard-desktop-tools",
  touch: "labyard-desktop-touch",
  fine: "labyard-desktop-fine",
};

export type DesktopProps = {
  /** Where its tunnel is on this origin. */
  path: string;
  /** `watch`: looks on, nothing that is done here arrives. */
  mode: "use" | "watch";
  /** Whether it is this person's own: only then it takes on the size of this window and shares its clipboard. */
  own: boolean;
  /** Connected, or about to be; a paused one keeps its last picture. */
  active: boolean;
  /** A ticket to connect with, asked for each time. */
  enter: () => Promise<Entrance>;
  /** Shown to who has been signed out meanwhile. */
  signIn: ReactNode;
};

/** A remote desktop that fills the room it is given, with its tools and everything it may have to say. */
export default function Desktop({ path, mode, own, active, enter, signIn }: DesktopProps) {
  const t = useTranslations("desktop");
  const host = useRef<HTMLDivElement>(null);
  const tools = useRef<HTMLButtonElement>(null);
  const [copied, setCopied] = useState<string | null>(null);
  const [panel, setPanel] = useState(false);
  const [board, setBoard] = useState(false);
  const [muted, setMuted] = useState(false);
  const [hidden, setHidden] = useState(false);
  const [touchMode, setTouchMode] = useState<TouchMode>("direct");
  const [fine, setFine] = useState(false);
  const [has, setHas] = useState({ touch: false, dense: false, narrow: false });
  const { controller, snapshot } = useDesktop(
    host,
    {
      path,
      mode,
      own,
      enter,
      label: t("field"),
      tell: {
        copied: setCopied,
        tooLong: () => toast({ title: t("text.tooLong"), kind: "danger" }),
        leave: () => {
          setHidden(false);
          setTimeout(() => tools.current?.focus());
        },
      },
    },
    active,
  );

  useEffect(() => {
    setHas({
      touch: matchMedia("(any-pointer: coarse)").matches,
      dense: window.devicePixelRatio >= 1.75,
      narrow: !matchMedia("(min-width: 768px)").matches,
    });
    setHidden(localStorage.getItem(keysOf.hidden) === "hidden");
    if (localStorage.getItem(keysOf.touch) === "pad") setTouchMode("pad");
    setFine(localStorage.getItem(keysOf.fine) === "on");
  }, []);
  useEffect(() => controller?.setTouchMode(touchMode), [controller, touchMode]);
  useEffect(() => controller?.setFine(fine), [controller, fine]);
  useEffect(() => {
    if (controller) controller.sound.muted = muted;
  }, [controller, muted]);

  const { state } = snapshot;
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (state.kind === "open") setShown(true);
  }, [state.kind]);
  const field = useMemo(
    () => ({
      get current() {
        return host.current?.querySelector<HTMLElement>("textarea") ?? null;
      },
    }),
    [],
  );
  const back = () => controller?.focus();

  return (
    <div data-desktop={state.kind} className="relative flex min-h-0 min-w-0 flex-1 flex-col md:flex-row">
      <div className="relative flex min-h-0 min-w-0 flex-1 flex-col">
        {mode === "watch" ? (
          <p className="flex shrink-0 items-center gap-2 border-border border-b bg-info-soft px-3 py-1 text-sm">
            <Eye aria-hidden="true" className="size-4 shrink-0 text-info" />
            {t("watching")}
          </p>
        ) : null}
        <div className="relative min-h-0 flex-1">
          <div
            ref={host}
            className={cn(
              "absolute inset-0 overflow-hidden bg-sunken outline-1 outline-transparent -outline-offset-1",
              mode === "use" ? "focus-within:outline-accent" : undefined,
            )}
          />
          <Cover state={state} shown={shown} onRetry={() => controller?.session.start()} signIn={signIn} />
          {panel ? (
            <TextPanel
              copied={copied}
              onType={(text) => void controller?.typist.text(text)}
              onClose={() => {
                setPanel(false);
                back();
              }}
            />
          ) : null}
        </div>
        {board && controller ? (
          <OnScreenKeyboard
            label={t("tools.board")}
            onPress={(keysym) => controller.press(keysym)}
            onRelease={(keysym) => controller.release(keysym)}
            onGone={() => controller.releaseAll()}
          />
        ) : null}
      </div>
      <Toolbar
        snapshot={snapshot}
        mode={mode}
        panel={panel}
        onPanel={() => {
          setPanel(!panel);
          if (panel) back();
        }}
        board={board}
        onBoard={() => {
          setBoard(!board);
          back();
        }}
        muted={muted}
        onMuted={() => {
          setMuted(!muted);
          controller?.sound.wake();
        }}
        touch={
          has.touch && mode === "use"
            ? {
                mode: touchMode,
                onMode: (next) => {
                  setTouchMode(next);
                  localStorage.setItem(keysOf.touch, next);
                },
                onKeyboard: () => controller?.openSoftKeyboard(),
              }
            : undefined
        }
        fine={
          has.dense && own
            ? {
                on: fine,
                onChange: (on) => {
                  setFine(on);
                  localStorage.setItem(keysOf.fine, on ? "on" : "off");
                },
              }
            : undefined
        }
        onChord={(chord) => void controller?.typist.chord(chord)}
        narrow={has.narrow}
        hidden={hidden}
        onHidden={(next) => {
          setHidden(next);
          localStorage.setItem(keysOf.hidden, next ? "hidden" : "shown");
          if (next) back();
        }}
        desktop={field}
        first={tools}
      />
    </div>
  );
}
