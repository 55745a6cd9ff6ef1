"use client";

import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useId, useRef, useState } from "react";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy-button";
import { IconButton } from "../ui/icon-button";
import { Textarea } from "../ui/textarea";

/** Texts between this computer and a desktop, for whoever's browser or input method does not do it by itself. */
export function TextPanel({
  copied,
  onType,
  onClose,
}: {
  /** What was copied inside last; null: nothing yet. */
  copied: string | null;
  onType: (text: string) => void;
  onClose: () => void;
}) {
  const t = useTranslations("desktop.text");
  const id = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  const [asks, setAsks] = useState(false);
  useEffect(() => box.current?.focus(), []);
  useEffect(() => {
    const name = "clipboard-read" as PermissionName;
    navigator.permissions
      ?.query({ name })
      .then(({ state }) => setAsks(state === "prompt"))
      .catch(() => undefined);
  }, []);
  const type = () => {
    if (!text) return;
    onType(text);
    setText("");
    // The button is about to be disabled, and would take the focus with it.
    box.current?.focus();
  };
  return (
    <aside
      aria-labelledby={`${id}-title`}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.nativeEvent.isComposing) onClose();
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) type();
      }}
      className="absolute inset-x-0 bottom-0 z-20 flex max-h-full flex-col gap-4 overflow-y-auto border-border border-t bg-raised p-4 pt-2 shadow-overlay md:inset-x-auto md:top-0 md:right-0 md:w-80 md:border-t-0 md:border-l"
    >
      <header className="-mr-2 flex items-center">
        <h2 id={`${id}-title`} className="flex-1 font-semibold text-base">
          {t("title")}
        </h2>
        <IconButton size="sm" label={t("close")} onClick={onClose}>
          <X aria-hidden="true" />
        </IconButton>
      </header>
      <div className="flex flex-col gap-2">
        <label htmlFor={`${id}-type`} className="font-medium text-sm">
          {t("type")}
        </label>
        <Textarea
          ref={box}
          id={`${id}-type`}
          rows={3}
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder={t("typeHint")}
        />
        <div>
          <Button variant="primary" onClick={type} disabled={!text}>
            {t("send")}
          </Button>
        </div>
      </div>
      <div className="flex flex-col gap-2">
        <label htmlFor={`${id}-copied`} className="font-medium text-sm">
          {t("copied")}
        </label>
        {copied === null ? (
          <p className="text-muted text-sm">{t("copiedNone")}</p>
        ) : (
          <>
            <Textarea id={`${id}-copied`} rows={3} readOnly value={copied} className="max-h-40" />
            <div>
              <CopyButton text={copied}>{t("toHere")}</CopyButton>
            </div>
          </>
        )}
      </div>
      <p className="text-muted text-sm">{t("paste")}</p>
      {asks ? (
        <div className="flex flex-col items-start gap-2">
          <p className="text-muted text-sm">{t("allowText")}</p>
          <Button
            size="sm"
            onClick={() => {
              // The browser asks; its answer is what counts, not the text.
              navigator.clipboard
                .readText()
                .catch(() => undefined)
                .then(() => setAsks(false));
            }}
          >
            {t("allow")}
          </Button>
        </div>
      ) : null}
    </aside>
  );
}
