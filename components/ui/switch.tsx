"use client";

import { type ComponentProps, type ReactNode, useId } from "react";
import { cn } from "./class-names";

/** On or off, at once. In a form that is saved by a button, use a checkbox. */
export function Switch({
  label,
  help,
  className,
  ...rest
}: Omit<ComponentProps<"input">, "type" | "role"> & { label: ReactNode; help?: ReactNode }) {
  const id = useId();
  return (
    <div className={cn("flex items-start gap-2 pointer-coarse:min-h-10", className)}>
      <span className="relative mt-[3px] inline-flex h-4 w-7 shrink-0">
        <input
          id={id}
          type="checkbox"
          // biome-ignore lint/a11y/useAriaPropsForRole: a native checkbox says itself whether it is checked
          role="switch"
          aria-describedby={help ? `${id}-help` : undefined}
          className="peer h-4 w-7 cursor-pointer appearance-none rounded-full border border-edge bg-sunken transition-colors checked:border-accent checked:bg-accent disabled:cursor-not-allowed disabled:opacity-50"
          {...rest}
        />
        <span
          aria-hidden="true"
          className="pointer-events-none absolute top-0.5 left-0.5 size-3 rounded-full bg-edge transition-transform peer-checked:translate-x-3 peer-checked:bg-on-accent"
        />
      </span>
      <span className="min-w-0">
        <label htmlFor={id} className="text-base">
          {label}
        </label>
        {help ? (
          <span id={`${id}-help`} className="block text-muted text-xs">
            {help}
          </span>
        ) : null}
      </span>
    </div>
  );
}
