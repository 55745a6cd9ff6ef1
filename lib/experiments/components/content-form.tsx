"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useWatch } from "react-hook-form";
import { CheckboxField, NumberField, TextAreaField, TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { toast } from "@/components/ui/toast";
import { editExperimentAction, previewTextAction } from "../actions";
import { contentFields } from "../schema";

/** Title, text, weight and recording; the text is drawn beside it as students will see it. */
export function ContentForm({
  experimentId,
  values,
}: {
  experimentId: string;
  values: { title: string; description: string; weight: number; recording: boolean };
}) {
  const t = useTranslations("experiments");
  const router = useRouter();
  const [showing, setShowing] = useState<"text" | "preview">("text");
  return (
    <Form
      schema={contentFields}
      defaultValues={values}
      className="max-w-none"
      submit={t("saveContent")}
      onSubmit={async (fields) => {
        const result = await editExperimentAction({ experimentId, ...fields });
        if (result.ok) {
          toast({ title: t("contentSaved") });
          router.refresh();
        }
        return result;
      }}
    >
      <div className="grid gap-4 sm:grid-cols-[minmax(0,36rem)_10rem]">
        <TextField name="title" label={t("field.title")} required maxLength={160} />
        <NumberField name="weight" label={t("field.weight")} help={t("help.weight")} required />
      </div>
      <CheckboxField name="recording" label={t("field.recording")} help={t("help.recording")} />
      <fieldset className="flex gap-1 lg:hidden" aria-label={t("show.label")}>
        {(["text", "preview"] as const).map((what) => (
          <Button
            key={what}
            size="sm"
            variant={showing === what ? "secondary" : "ghost"}
            aria-pressed={showing === what}
            onClick={() => setShowing(what)}
          >
            {t(`show.${what}`)}
          </Button>
        ))}
      </fieldset>
      <div className="grid min-w-0 gap-4 lg:grid-cols-2">
        <div className={cn("min-w-0", showing === "preview" && "hidden lg:block")}>
          <TextAreaField
            name="description"
            label={t("field.description")}
            help={t("help.description")}
            rows={18}
            spellCheck={false}
            className="[&_textarea]:font-mono [&_textarea]:text-sm"
          />
        </div>
        <div className={cn("min-w-0", showing === "text" && "hidden lg:block")}>
          <h2 className="mb-1 font-medium text-sm">{t("show.preview")}</h2>
          <div className="min-h-40 overflow-x-auto rounded-md border border-border bg-raised p-4">
            <Preview experimentId={experimentId} />
          </div>
        </div>
      </div>
    </Form>
  );
}

/** Asks the server to draw the text, half a second after the last key; an older answer never wins. */
function Preview({ experimentId }: { experimentId: string }) {
  const t = useTranslations("experiments");
  const text = useWatch({ name: "description" }) as string;
  const [drawn, setDrawn] = useState<ReactNode>(null);
  const asked = useRef(0);
  const first = useRef(true);
  useEffect(() => {
    const number = ++asked.current;
    const timer = setTimeout(
      async () => {
        const result = await previewTextAction({ experimentId, text }).catch(() => null);
        if (number === asked.current && result?.ok) setDrawn(result.data);
      },
      first.current ? 0 : 500,
    );
    first.current = false;
    return () => clearTimeout(timer);
  }, [experimentId, text]);
  if (!text.trim()) return <p className="text-muted text-sm">{t("show.nothing")}</p>;
  return <div aria-live="off">{drawn}</div>;
}
