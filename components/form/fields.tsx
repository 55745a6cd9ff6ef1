"use client";

import { useTimeZone, useTranslations } from "next-intl";
import { type ComponentProps, type ReactNode, useEffect } from "react";
import { Controller, get, type FieldError as HookError, useFormContext } from "react-hook-form";
import { Checkbox } from "../ui/checkbox";
import { Field } from "../ui/field";
import { Input } from "../ui/input";
import { Select, type SelectOption } from "../ui/select";
import { Textarea } from "../ui/textarea";
import { fromZonedInput, toZonedInput } from "./zoned-time";

type Common = {
  name: string;
  label: ReactNode;
  help?: ReactNode;
  required?: boolean;
  optional?: boolean;
  className?: string;
};

/** What the fields of a `Form` know about theirs. */
function useFormField(name: string): {
  error: string | undefined;
  register: ReturnType<typeof useFormContext>["register"];
} {
  const { register, formState } = useFormContext();
  const t = useTranslations("errors");
  const message = (get(formState.errors, name) as HookError | undefined)?.message;
  // Schemas of ours, and the server, name a sentence by its key under `errors`; zod's own is one already.
  const known = message !== undefined && /^\w+(\.\w+)+$/.test(message) && t.has(message as never);
  return { error: known ? t(message as never) : message, register };
}

/** What of the properties is for the `Field`, and what for the control in it. */
function split<Props extends Common>(props: Props) {
  const { name, label, help, required, optional, className, ...rest } = props;
  return { name, rest, wrap: { label, help, required, optional, className } };
}

export function TextField(props: Common & Omit<ComponentProps<"input">, keyof Common>) {
  const { error, register } = useFormField(props.name);
  const { name, rest, wrap } = split(props);
  return (
    <Field {...wrap} error={error}>
      <Input {...rest} {...register(name)} />
    </Field>
  );
}

/** An empty box is `null`, so the schema decides between “required” and “no limit”. */
export function NumberField(
  props: Common & Omit<ComponentProps<"input">, keyof Common> & { unit?: ReactNode },
) {
  const { error, register } = useFormField(props.name);
  const {
    name,
    rest: { unit, ...rest },
    wrap,
  } = split(props);
  return (
    <Field {...wrap} error={error}>
      <span className="flex items-center gap-2">
        <Input
          inputMode="decimal"
          autoComplete="off"
          className="tabular max-w-40"
          {...rest}
          {...register(name, {
            setValueAs: (value: unknown) =>
              value === "" || value === null || value === undefined ? null : Number(value),
          })}
        />
        {unit ? <span className="text-muted text-sm">{unit}</span> : null}
      </span>
    </Field>
  );
}

export function TextAreaField(props: Common & Omit<ComponentProps<"textarea">, keyof Common>) {
  const { error, register } = useFormField(props.name);
  const { name, rest, wrap } = split(props);
  return (
    <Field {...wrap} error={error}>
      <Textarea {...rest} {...register(name)} />
    </Field>
  );
}

export function SelectField(
  props: Common & { options: readonly SelectOption[]; placeholder?: string; disabled?: boolean },
) {
  const { error, register } = useFormField(props.name);
  const { name, rest, wrap } = split(props);
  return (
    <Field {...wrap} error={error}>
      <Select {...rest} {...register(name)} />
    </Field>
  );
}

export function CheckboxField({ name, label, help, className }: Common) {
  const { register } = useFormField(name);
  return <Checkbox label={label} help={help} className={className} {...register(name)} />;
}

/** Several of a list, as boxes; the value is an array of the chosen values. */
export function CheckboxListField(
  props: Common & { options: readonly (SelectOption & { help?: ReactNode })[] },
) {
  const { error } = useFormField(props.name);
  return (
    <Controller
      name={props.name}
      render={({ field }) => {
        const chosen: readonly string[] = Array.isArray(field.value) ? field.value : [];
        return (
          <fieldset className={props.className}>
            <legend className="mb-1 font-medium text-sm">{props.label}</legend>
            <div className="flex flex-col gap-1.5">
              {props.options.map((option) => (
                <Checkbox
                  key={option.value}
                  label={option.label}
                  help={option.help}
                  disabled={option.disabled}
                  checked={chosen.includes(option.value)}
                  onBlur={field.onBlur}
                  onChange={(event) =>
                    field.onChange(
                      event.target.checked
                        ? [...chosen, option.value]
                        : chosen.filter((value) => value !== option.value),
                    )
                  }
                />
              ))}
            </div>
            {error ? (
              <p role="alert" className="mt-1 text-danger text-xs">
                {error}
              </p>
            ) : null}
            {props.help ? <p className="mt-1 text-muted text-xs">{props.help}</p> : null}
          </fieldset>
        );
      }}
    />
  );
}

/** What a date without its time is to the form: no moment, so every schema refuses it. Empty would be “no limit”. */
const incomplete = "incomplete";

/** Typed as wall time of the installation's zone; the value is an ISO moment in UTC, or null. */
export function DateTimeField(props: Common) {
  const { error } = useFormField(props.name);
  const { name, wrap } = split(props);
  const { getValues, setValue } = useFormContext();
  // A box that is taken away, by a choice of another, must not refuse unseen.
  useEffect(
    () => () => {
      if (getValues(name) === incomplete) setValue(name, null);
    },
    [name, getValues, setValue],
  );
  const zone = useTimeZone() ?? "Asia/Shanghai";
  return (
    <Controller
      name={name}
      render={({ field }) => {
        const read = (input: HTMLInputElement) =>
          field.onChange(input.validity.badInput ? incomplete : fromZonedInput(input.value, zone));
        // While no time stands in it yet, browsers tell of no change.
        const settle = (input: HTMLInputElement) => {
          if (input.validity.badInput !== (field.value === incomplete)) read(input);
        };
        return (
          <Field {...wrap} error={error}>
            <Input
              type="datetime-local"
              className="tabular max-w-60"
              ref={field.ref}
              name={field.name}
              onBlur={(event) => {
                settle(event.currentTarget);
                field.onBlur();
              }}
              onKeyDown={(event) => {
                if (event.key === "Enter") settle(event.currentTarget);
              }}
              defaultValue={toZonedInput(field.value, zone)}
              onChange={(event) => read(event.target)}
            />
          </Field>
        );
      }}
    />
  );
}
