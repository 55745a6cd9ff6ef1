"use client";

import type { ComponentProps } from "react";
import { cn } from "./class-names";
import { useField } from "./field";

export const controlClass =
  "w-full min-w-0 rounded-md border border-edge bg-raised px-2.5 text-text text-base pointer-coarse:text-[16px] placeholder:text-muted aria-invalid:border-danger disabled:cursor-not-allowed disabled:bg-hover disabled:text-muted focus-visible:outline-offset-0";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return (
    <input
      {...useField()}
      className={cn(controlClass, "h-8 read-only:bg-hover pointer-coarse:h-10", className)}
      {...rest}
    />
  );
}
