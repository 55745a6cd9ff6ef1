"use client";

import { type RefObject, useEffect } from "react";

/** Keeps a part of the page above a phone's keyboard, which covers the page without making it smaller. */
export function useVisibleHeight(box: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const seen = window.visualViewport;
    if (!seen || !matchMedia("(pointer: coarse)").matches) return;
    const fit = () => {
      const element = box.current;
      if (!element) return;
      const covered = window.innerHeight - seen.height > 80;
      const top = element.getBoundingClientRect().top;
      element.style.maxHeight = covered ? `${Math.max(120, seen.height + seen.offsetTop - top)}px` : "";
    };
    seen.addEventListener("resize", fit);
    return () => seen.removeEventListener("resize", fit);
  }, [box]);
}
