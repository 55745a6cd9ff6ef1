"use client";

import { OnScreenKeyboard as Board } from "guacamole-common-js";
import { useEffect, useRef } from "react";
import { keyboardLayout } from "./keyboard-layout";

/** Keys to click or tap; Shift, Ctrl, Alt and Super stay down until they are pressed again. */
export function OnScreenKeyboard({
  label,
  onPress,
  onRelease,
  onGone,
}: {
  label: string;
  onPress: (keysym: number) => void;
  onRelease: (keysym: number) => void;
  /** It is put away: let go what it holds. */
  onGone: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const hands = useRef({ onPress, onRelease, onGone });
  hands.current = { onPress, onRelease, onGone };
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    // The library's types describe its classes, not the plain object that it reads.
    const board = new Board(keyboardLayout as unknown as Board.Layout);
    board.onkeydown = (keysym) => hands.current.onPress(keysym);
    board.onkeyup = (keysym) => hands.current.onRelease(keysym);
    element.append(board.getElement());
    const observer = new ResizeObserver(() => {
      board.resize(element.clientWidth);
      // Its widths only: square keys with letters as high as they are fit no phone, and no eye.
      for (const key of element.querySelectorAll<HTMLElement>(".guac-keyboard-key-container"))
        Object.assign(key.style, { height: "", lineHeight: "", fontSize: "" });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      board.getElement().remove();
      hands.current.onGone();
    };
  }, []);
  return (
    <section aria-label={label} className="shrink-0 border-border border-t bg-raised p-1">
      <div ref={box} className="mx-auto w-full max-w-3xl" />
    </section>
  );
}
