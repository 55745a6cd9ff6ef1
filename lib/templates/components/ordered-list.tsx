"use client";

import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { get, useFormContext, useFormState, useWatch } from "react-hook-form";
import { IconButton } from "@/components/ui/icon-button";

/** A list of the form whose order counts: what is chosen, moved up and down, and taken out again. */
export function OrderedList<T>({
  name,
  label,
  help,
  keyOf,
  show,
  add,
}: {
  name: string;
  label: string;
  help: ReactNode;
  keyOf: (one: T) => string;
  show: (one: T) => ReactNode;
  /** Button that adds; it is given what is chosen, and how to choose anew. */
  add: (chosen: readonly T[], choose: (next: readonly T[]) => void) => ReactNode;
}) {
  const t = useTranslations("templates.cloud");
  const errors = useTranslations("errors");
  const { control, setValue } = useFormContext();
  const chosen = (useWatch({ control, name }) ?? []) as readonly T[];
  const { errors: faults, isSubmitted } = useFormState({ control, name });
  const fault = get(faults, name) as { message?: string; root?: { message?: string } } | undefined;
  const message = fault?.message ?? fault?.root?.message;
  const choose = (next: readonly T[]) =>
    setValue(name, [...next], { shouldDirty: true, shouldValidate: isSubmitted });
  const swap = (at: number, to: number) => {
    const next = [...chosen];
    const [moved] = next.splice(at, 1);
    if (moved !== undefined) next.splice(to, 0, moved);
    choose(next);
  };
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 font-medium text-sm">{label}</legend>
      {chosen.length > 0 ? (
        <ol className="divide-y divide-border rounded-md border border-border">
          {chosen.map((one, index) => (
            <li key={keyOf(one)} className="flex min-h-10 items-center gap-2 py-1 pr-1 pl-3">
              <span className="tabular w-4 shrink-0 text-muted text-xs">{index + 1}</span>
              <span className="min-w-0 flex-1">{show(one)}</span>
              <span className="flex shrink-0">
                <IconButton
                  size="sm"
                  label={t("up", { name: keyOf(one) })}
                  disabled={index === 0}
                  onClick={() => swap(index, index - 1)}
                >
                  <ArrowUp aria-hidden="true" />
                </IconButton>
                <IconButton
                  size="sm"
                  label={t("down", { name: keyOf(one) })}
                  disabled={index === chosen.length - 1}
                  onClick={() => swap(index, index + 1)}
                >
                  <ArrowDown aria-hidden="true" />
                </IconButton>
                <IconButton
                  size="sm"
                  label={t("takeOut", { name: keyOf(one) })}
                  onClick={() => choose(chosen.filter((other) => other !== one))}
                >
                  <X aria-hidden="true" />
                </IconButton>
              </span>
            </li>
          ))}
        </ol>
      ) : null}
      <div>{add(chosen, choose)}</div>
      {message ? (
        <p role="alert" className="text-danger text-xs">
          {errors.has(message as never) ? errors(message as never) : message}
        </p>
      ) : (
        <p className="text-muted text-xs">{help}</p>
      )}
    </fieldset>
  );
}
