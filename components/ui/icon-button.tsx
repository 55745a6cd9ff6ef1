"use client";

import type { ReactNode } from "react";
import { Button, type ButtonProps } from "./button";
import { cn } from "./class-names";
import { Tooltip } from "./tooltip";

/** A square button with an icon; `label` is its name for screen readers and its tooltip. */
export function IconButton({
  label,
  children,
  className,
  variant = "ghost",
  size = "md",
  ...rest
}: Omit<ButtonProps, "icon"> & { label: string; children: ReactNode }) {
  const square =
    size === "sm" ? "w-7 px-0 pointer-coarse:w-10 pointer-coarse:px-0" : "w-8 px-0 pointer-coarse:w-10";
  return (
    <Tooltip text={label}>
      <Button aria-label={label} variant={variant} size={size} className={cn(square, className)} {...rest}>
        {children}
      </Button>
    </Tooltip>
  );
}
