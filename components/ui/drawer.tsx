"use client";

import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { cn } from "./class-names";
import { fitHeight, leastHeight } from "./drawer-height";
import { IconButton } from "./icon-button";

const stepPx = 24;

/**
 * A part of the page that comes up from below: its upper edge is dragged or moved by arrow keys, and its height
 * is remembered under `name`. On a phone it is a sheet over everything. What is in it stays while it is closed.
 */
export function Drawer({
  name,
  title,
  open,
  onClose,
  children,
}: {
  name: string;
  title: string;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  const t = useTranslations("ui");
  const key = `labyard-drawer-${name}`;
  const box = useRef<HTMLElement>(null);
  const [height, setHeight] = useState(280);
  const [dragged, setDragged] = useState(false);
  useEffect(() => {
    const kept = Number(localStorage.getItem(key));
    if (kept > 0) setHeight(kept);
  }, [key]);
  const room = () => box.current?.parentElement?.clientHeight ?? window.innerHeight;
  const resize = (wanted: number) => {
    const fitted = fitHeight(wanted, room());
    setHeight(fitted);
    localStorage.setItem(key, String(fitted));
  };
  return (
    <section
      ref={box}
      aria-label={title}
      hidden={!open}
      style={{ height, maxHeight: `calc(100% - ${leastHeight}px)` }}
      className={cn(
        "relative flex shrink-0 flex-col border-border border-t bg-raised",
        "max-md:absolute max-md:inset-0 max-md:z-20 max-md:h-full! max-md:max-h-none! max-md:border-t-0",
        open ? undefined : "hidden",
      )}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: an hr cannot be dragged */}
      <div
        role="separator"
        aria-label={t("resize")}
        aria-orientation="horizontal"
        aria-valuenow={height}
        aria-valuemin={leastHeight}
        tabIndex={0}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDragged(true);
        }}
        onPointerMove={(event) => {
          const bottom = box.current?.getBoundingClientRect().bottom;
          if (dragged && bottom) resize(bottom - event.clientY);
        }}
        onLostPointerCapture={() => setDragged(false)}
        onKeyDown={(event) => {
          if (event.key === "ArrowUp") resize(height + stepPx);
          else if (event.key === "ArrowDown") resize(height - stepPx);
          else return;
          event.preventDefault();
        }}
        className="absolute inset-x-0 -top-1 z-10 h-2 cursor-row-resize touch-none hover:bg-accent-soft focus-visible:bg-accent-soft max-md:hidden"
      />
      {/* A frame above would swallow the moves. */}
      {dragged ? <div className="fixed inset-0 z-40 cursor-row-resize" /> : null}
      <div className="relative min-h-0 flex-1">{children}</div>
      <IconButton size="sm" label={t("close")} onClick={onClose} className="absolute top-1 right-1 z-10">
        <X aria-hidden="true" />
      </IconButton>
    </section>
  );
}
