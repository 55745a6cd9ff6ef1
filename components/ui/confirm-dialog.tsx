"use client";

import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useTranslations } from "next-intl";
import { type ReactElement, type ReactNode, useState } from "react";
import { Button } from "./button";
import { dialogClass, veilClass } from "./dialog";
import { Field } from "./field";
import { Input } from "./input";

export type ConfirmDialogProps = {
  /** A question with its numbers: “将结束 23 名学生正在进行的实验”. */
  title: ReactNode;
  /** What is lost and what is kept. */
  children?: ReactNode;
  /** The verb: “结束 23 个实验环境”. */
  confirm: ReactNode;
  /** Default “取消”. */
  cancel?: ReactNode;
  onConfirm: () => unknown | Promise<unknown>;
  trigger?: ReactElement<Record<string, unknown>>;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  danger?: boolean;
  /** Only for what cannot be undone: the word that must be typed first. */
  typeToConfirm?: string;
};

/** Asks before something ends the work of others. Ordinary things are done at once, with undo in the toast. */
export function ConfirmDialog({
  title,
  children,
  confirm,
  cancel,
  onConfirm,
  trigger,
  open,
  onOpenChange,
  danger = true,
  typeToConfirm,
}: ConfirmDialogProps) {
  const t = useTranslations("ui");
  const [ownOpen, setOwnOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [typed, setTyped] = useState("");
  const shown = open ?? ownOpen;
  const show = (next: boolean) => {
    if (busy) return;
    setOwnOpen(next);
    setTyped("");
    onOpenChange?.(next);
  };
  const ready = typeToConfirm === undefined || typed.trim() === typeToConfirm;
  const run = async () => {
    if (!ready) return;
    setBusy(true);
    try {
      await onConfirm();
    } finally {
      setBusy(false);
    }
    setOwnOpen(false);
    setTyped("");
    onOpenChange?.(false);
  };
  return (
    <AlertDialog.Root open={shown} onOpenChange={show}>
      {trigger ? <AlertDialog.Trigger render={trigger} /> : null}
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={veilClass} />
        <AlertDialog.Popup className={dialogClass("sm")}>
          <form
            className="flex flex-col gap-3 p-4"
            onSubmit={(event) => {
              event.preventDefault();
              event.stopPropagation();
              void run();
            }}
          >
            <AlertDialog.Title className="font-semibold text-lg">{title}</AlertDialog.Title>
            {children ? (
              <AlertDialog.Description render={<div />} className="text-muted text-sm">
                {children}
              </AlertDialog.Description>
            ) : null}
            {typeToConfirm === undefined ? null : (
              <Field label={t("confirm.type", { word: typeToConfirm })}>
                <Input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
              </Field>
            )}
            <div className="mt-1 flex flex-wrap justify-end gap-2">
              <AlertDialog.Close render={<Button>{cancel ?? t("cancel")}</Button>} />
              <Button type="submit" variant={danger ? "danger" : "primary"} busy={busy} disabled={!ready}>
                {confirm}
              </Button>
            </div>
          </form>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
