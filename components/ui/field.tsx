"use client";

import { CircleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import { createContext, type ReactNode, useContext, useId } from "react";
import { cn } from "./class-names";

export type FieldWiring = {
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
  "aria-required"?: true;
};

const FieldContext = createContext<FieldWiring>({});

/** Ids that tie a control to the label, help and error of the field around it. */
export const useField = (): FieldWiring => useContext(FieldContext);

export type FieldProps = {
  label: ReactNode;
  /** How to fill it in, or what it is for. */
  help?: ReactNode;
  /** In words that repair it. */
  error?: ReactNode;
  required?: boolean;
  optional?: boolean;
  className?: string;
  children: ReactNode;
};

/** Label above, control, help and error below. */
export function Field({ label, help, error, required, optional, className, children }: FieldProps) {
  const t = useTranslations("ui");
  const id = useId();
  // The error takes the place of the help: a line more would move the button that is being pressed.
  const described = error ? `${id}-error` : help ? `${id}-help` : undefined;
  const wiring: FieldWiring = {
    id,
    "aria-describedby": described,
    "aria-invalid": error ? true : undefined,
    "aria-required": required || undefined,
  };
  return (
    <div className={cn("flex min-w-0 flex-col gap-1", className)}>
      <label htmlFor={id} className="font-medium text-sm">
        {label}
        {optional ? <span className="ml-1 font-normal text-muted">{t("field.optional")}</span> : null}
      </label>
      <FieldContext value={wiring}>{children}</FieldContext>
      {error ? (
        <FieldError id={`${id}-error`}>{error}</FieldError>
      ) : help ? (
        <p id={`${id}-help`} className="text-muted text-xs">
          {help}
        </p>
      ) : null}
    </div>
  );
}

function FieldError({ id, children }: { id?: string; children: ReactNode }) {
  return (
    <p id={id} className="flex items-start gap-1 text-danger text-xs">
      <CircleAlert aria-hidden="true" className="mt-0.5 size-3.5 shrink-0" />
      <span>{children}</span>
    </p>
  );
}
