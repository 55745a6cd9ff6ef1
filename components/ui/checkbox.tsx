"use client";

import { type ComponentProps, type ReactNode, useEffect, useId, useRef } from "react";
import { cn } from "./class-names";

const box =
  "peer size-4 shrink-0 cursor-pointer appearance-none rounded-sm border border-edge bg-raised checked:border-accent checked:bg-accent indeterminate:border-accent indeterminate:bg-accent disabled:cursor-not-allowed disabled:opacity-50";

/** A bare box; needs `aria-label` unless a label is beside it. */
export function CheckboxBox({
  indeterminate = false,
  className,
  ...rest
}: Omit<ComponentProps<"input">, "type" | "ref"> & { indeterminate?: boolean }) {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (ref.current) ref.current.indeterminate = indeterminate;
  }, [indeterminate]);
  return (
    <span className={cn("relative flex size-4 shrink-0", className)}>
      <input ref={ref} type="checkbox" className={box} {...rest} />
      <Mark indeterminate={indeterminate} />
    </span>
  );
}

function Mark({ indeterminate = false }: { indeterminate?: boolean }) {
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden="true"
      className={cn(
        "pointer-events-none absolute inset-0 size-4 text-on-accent opacity-0 peer-checked:opacity-100",
        indeterminate && "opacity-100",
      )}
    >
      <path
        d={indeterminate ? "M4 8h8" : "m4 8.5 2.7 2.7L12 5.5"}
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** A box with its words beside it; the whole line is the target. */
export function Checkbox({
  label,
  help,
  className,
  ...rest
}: Omit<ComponentProps<"input">, "type"> & { label: ReactNode; help?: ReactNode }) {
  const id = useId();
  return (
    <div className={cn("flex items-start gap-2 pointer-coarse:min-h-10", className)}>
      <span className="relative mt-[3px] inline-flex size-4 shrink-0">
        <input
          id={id}
          type="checkbox"
          className={box}
          aria-describedby={help ? `${id}-help` : undefined}
          {...rest}
        />
        <Mark />
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
