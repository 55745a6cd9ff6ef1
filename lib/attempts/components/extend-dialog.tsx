"use client";

import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

const usual = [5, 10, 15, 30, 60] as const;
const most = 24 * 60;

/** Asks for how many minutes; what it is for stands in its title. */
export function ExtendDialog({
  open,
  onOpenChange,
  title,
  description,
  onExtend,
  preview,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: string;
  /** False where it was refused: the dialog stays. */
  onExtend: (minutes: number) => Promise<boolean>;
  /** Items of a list that say whom so many minutes reach. */
  preview?: (minutes: number) => ReactNode;
}) {
  const t = useTranslations("attempts.live.extendDialog");
  const [text, setText] = useState("15");
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const minutes = Number(text);
  const valid = text.trim() !== "" && Number.isInteger(minutes) && minutes >= 1 && minutes <= most;
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!valid || busy) return;
    setBusy(true);
    const done = await onExtend(minutes);
    setBusy(false);
    if (!done) return;
    setTried(false);
    onOpenChange(false);
  };
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} description={description} size="sm">
      <form onSubmit={send} noValidate className="flex flex-col gap-3">
        <Field
          label={t("minutes")}
          help={t("help")}
          error={tried && !valid ? t("wrong", { max: most }) : undefined}
          required
        >
          <Input
            inputMode="numeric"
            autoComplete="off"
            className="tabular"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </Field>
        <div className="flex flex-wrap gap-2">
          {usual.map((amount) => (
            <Button key={amount} size="sm" onClick={() => setText(String(amount))}>
              {t("amount", { minutes: amount })}
            </Button>
          ))}
        </div>
        {preview && valid ? (
          <ul aria-live="polite" className="flex min-h-10 flex-col gap-1 text-muted text-sm">
            {preview(minutes)}
          </ul>
        ) : null}
        <div className="flex justify-end">
          <Button type="submit" variant="primary" busy={busy}>
            {valid ? t("submit", { minutes }) : t("submitEmpty")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
