"use client";

import type { ComponentProps } from "react";
import { cn } from "./class-names";
import { useField } from "./field";
import { controlClass } from "./input";

/** Grows with its text where the browser can, at least `rows` high. */
export function Textarea({ className, rows = 4, ...rest }: ComponentProps<"textarea">) {
  return (
    <textarea
      {...useField()}
      rows={rows}
      className={cn(controlClass, "field-sizing-content max-h-[60vh] min-h-20 py-1.5", className)}
      style={{ minHeight: `${rows * 22 + 14}px` }}
      {...rest}
    />
  );
}
