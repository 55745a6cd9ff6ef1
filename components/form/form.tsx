"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { useTranslations } from "next-intl";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import {
  type DefaultValues,
  type FieldPath,
  type FieldValues,
  FormProvider,
  type Resolver,
  type UseFormReturn,
  useForm,
} from "react-hook-form";
import type { z } from "zod";
import { type ShownError, useErrorMessage } from "../error-message";
import { Button } from "../ui/button";
import { cn } from "../ui/class-names";
import { CopyButton } from "../ui/copy-button";
import { Notice } from "../ui/section";
import { issueText } from "./issue-text";
import { useTypedEarly } from "./typed-early";
import { UnsavedGuard } from "./unsaved-guard";

/** What a server action answers; anything with these fields will do. */
export type SubmitResult = { ok: true } | { ok: false; error: ShownError };

export type FormProps<Input extends FieldValues, Output> = {
  schema: z.ZodType<Output, Input>;
  defaultValues: DefaultValues<Input>;
  /** Usually the server action itself. Nothing typed is lost when it fails. */
  onSubmit: (values: Output) => Promise<SubmitResult | undefined>;
  onDone?: (result: SubmitResult & { ok: true }) => void;
  /** The verb: “发布实验”, never “确定”. */
  submit: ReactNode;
  /** More buttons, left of the main one. */
  actions?: ReactNode;
  danger?: boolean;
  /** Ask before leaving with changes. Default true. */
  guard?: boolean;
  /** Start again from empty after success. */
  resetAfter?: boolean;
  className?: string;
  children: ReactNode | ((form: UseFormReturn<Input, unknown, Output>) => ReactNode);
};

/** One column of fields tied to a zod schema, errors at the fields, Ctrl Enter, and a guard for what was typed. */
export function Form<Input extends FieldValues, Output>({
  schema,
  defaultValues,
  onSubmit,
  onDone,
  submit,
  actions,
  danger,
  guard = true,
  resetAfter,
  className,
  children,
}: FormProps<Input, Output>) {
  const t = useTranslations("ui.form");
  const message = useErrorMessage();
  const [failure, setFailure] = useState<ShownError | null>(null);
  const failed = useRef<HTMLDivElement>(null);
  const { id, ready } = useTypedEarly();
  const form = useForm<Input, unknown, Output>({
    defaultValues,
    mode: "onTouched",
    resolver: zodResolver(
      schema as never,
      {
        error: (issue: Parameters<typeof issueText>[0]) => {
          const text = issueText(issue);
          return t(text.key as "invalid", text.params as never);
        },
      } as never,
    ) as unknown as Resolver<Input, unknown, Output>,
  });
  const { isDirty, isSubmitting, isSubmitSuccessful } = form.formState;
  const [done, setDone] = useState(false);

  useEffect(() => {
    if (failure) failed.current?.focus();
  }, [failure]);

  const send = form.handleSubmit(async (values) => {
    setFailure(null);
    let result: SubmitResult | undefined;
    try {
      result = await onSubmit(values);
    } catch (error) {
      // Redirects of server actions travel as errors that Next itself must see.
      if (
        error &&
        typeof error === "object" &&
        "digest" in error &&
        String(error.digest).startsWith("NEXT_")
      ) {
        setDone(true);
        throw error;
      }
      result = { ok: false, error: { code: "unavailable", key: "unavailable" } };
    }
    if (result && !result.ok) {
      const fields = Object.entries(result.error.fields ?? {});
      for (const [name, text] of fields) {
        form.setError(name as FieldPath<Input>, { type: "server", message: text });
      }
      const [firstField] = fields;
      if (firstField) form.setFocus(firstField[0] as FieldPath<Input>);
      setFailure(result.error);
      return;
    }
    setDone(true);
    form.reset(resetAfter ? defaultValues : form.getValues());
    onDone?.((result ?? { ok: true }) as SubmitResult & { ok: true });
    setDone(false);
  });

  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
    }
  };
  const count = Object.keys(form.formState.errors).length;
  return (
    <FormProvider {...form}>
      <form
        id={id}
        noValidate
        className={cn("flex max-w-xl flex-col gap-4", className)}
        onKeyDown={keys}
        onSubmit={(event) => {
          event.stopPropagation();
          void send(event);
        }}
      >
        {typeof children === "function" ? children(form) : children}
        {failure ? (
          <div ref={failed} tabIndex={-1} className="outline-none">
            <Notice tone="danger" role="alert">
              <p>{message(failure)}</p>
              {failure.code === "unauthenticated" ? (
                <a href="/sign-in" target="_blank" rel="noopener" className="text-accent underline">
                  {t("signIn")}
                </a>
              ) : null}
              {failure.requestId && (failure.code === "internal" || failure.code === "unavailable") ? (
                <p className="flex items-center gap-1 text-xs">
                  <code className="font-mono">{failure.requestId}</code>
                  <CopyButton text={failure.requestId} />
                </p>
              ) : null}
            </Notice>
          </div>
        ) : null}
        <div className="flex flex-wrap items-center justify-end gap-2">
          {count > 0 && form.formState.isSubmitted && !isSubmitSuccessful ? (
            <span className="mr-auto text-danger text-sm" role="status">
              {t("errors", { count })}
            </span>
          ) : null}
          {actions}
          <Button
            type="submit"
            variant={danger ? "danger" : "primary"}
            busy={isSubmitting}
            // A press that no script hears would send the fields as an address; it looks the same all the while.
            disabled={!ready}
            className="disabled:cursor-progress disabled:opacity-100"
            title={t("submitHint")}
          >
            {submit}
          </Button>
        </div>
      </form>
      <UnsavedGuard active={guard && isDirty && !isSubmitting && !done} />
    </FormProvider>
  );
}
