"use client";

import { useTranslations } from "next-intl";
import { useId, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { nameProblem, shownName } from "../schema";

/** Asks for a name, of a new folder or for what is there. `onName` gives a key of `nameProblem`, or nothing. */
export function NameDialog({
  title,
  label,
  confirm,
  initial = "",
  onName,
  onClose,
}: {
  title: string;
  label: string;
  confirm: string;
  initial?: string;
  onName: (name: string) => Promise<"exists" | undefined>;
  onClose: () => void;
}) {
  const t = useTranslations("homefiles.nameProblem");
  const tUi = useTranslations("ui");
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(initial);
  const [problem, setProblem] = useState<ReturnType<typeof nameProblem> | "exists">(null);
  const [busy, setBusy] = useState(false);
  const touched = useRef(false);
  // The part before the ending: that is what people change.
  const selectStem = () => {
    if (touched.current) return;
    touched.current = true;
    const dot = initial.lastIndexOf(".");
    input.current?.setSelectionRange(0, dot > 0 ? dot : initial.length);
  };
  const submit = async () => {
    const found = nameProblem(name);
    setProblem(found);
    if (found) {
      input.current?.focus();
      return;
    }
    setBusy(true);
    const answer = await onName(shownName(name.trim())).finally(() => setBusy(false));
    setProblem(answer ?? null);
    if (answer) input.current?.focus();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      size="sm"
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{tUi("cancel")}</Button>
          <Button variant="primary" type="submit" form={id} busy={busy}>
            {confirm}
          </Button>
        </>
      }
    >
      <form
        id={id}
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void submit();
        }}
      >
        <Field label={label} error={problem ? t(problem) : undefined} required>
          <Input
            ref={input}
            value={name}
            autoComplete="off"
            spellCheck={false}
            onFocus={selectStem}
            onChange={(event) => {
              setName(event.target.value);
              setProblem(null);
            }}
          />
        </Field>
      </form>
    </Dialog>
  );
}
