"use client";

import { CircleAlert, CircleCheck, RotateCw, Upload, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { type RefObject, useRef } from "react";
import { useErrorMessage } from "@/components/error-message";
import { Button } from "@/components/ui/button";
import { IconButton } from "@/components/ui/icon-button";
import { ProgressBar } from "@/components/ui/progress";
import { toast } from "@/components/ui/toast";
import { useBytes } from "@/lib/workspaces/components/bytes";
import { nameOf } from "../schema";
import { isActive, type UploadItem, type UploadQueue } from "./upload-queue";
import { useRefused } from "./use-file-changes";

/** So many are drawn: those that need somebody first, then what moves, then what is done. */
const drawnAtMost = 30;
const rank = ({ state }: UploadItem) =>
  ["failed", "paused", "sending", "retrying", "offline", "whole", "waiting", "done"].indexOf(state);

/** What is on its way into the home, and what became of it. */
export function UploadList({ queue, items }: { queue: UploadQueue; items: readonly UploadItem[] }) {
  const t = useTranslations("homefiles.uploads");
  const bytes = useBytes();
  const picker = useRef<HTMLInputElement>(null);
  const resuming = useRef<UploadItem | null>(null);
  if (items.length === 0) return null;
  const done = items.filter(({ state }) => state === "done").length;
  const moving = items.filter((item) => isActive(item) || item.state === "done");
  const total = moving.reduce((sum, { size }) => sum + size, 0);
  const sent = moving.reduce((sum, item) => sum + item.sent, 0);
  const percent = total > 0 ? Math.floor((sent / total) * 100) : done === moving.length ? 100 : 0;
  const busy = items.some(isActive);
  const drawn = items.toSorted((a, b) => rank(a) - rank(b)).slice(0, drawnAtMost);
  return (
    <section aria-label={t("title")} className="border-border border-t">
      <header className="flex min-h-9 items-center gap-2 pr-1 pl-3 text-sm">
        <span role="status" className="tabular min-w-0 flex-1 truncate font-medium">
          {busy
            ? t("progress", { done, count: moving.length, percent })
            : done > 0
              ? t("finished", { count: done })
              : t("title")}
        </span>
        {busy && items.length > 1 ? (
          <Button size="sm" variant="ghost" onClick={() => queue.cancelAll()}>
            {t("cancelAll")}
          </Button>
        ) : null}
        {done > 0 ? (
          <Button size="sm" variant="ghost" onClick={() => queue.dismiss()}>
            {t("dismiss")}
          </Button>
        ) : null}
      </header>
      <ul
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard.
        tabIndex={0}
        aria-label={t("title")}
        className="max-h-48 overflow-y-auto pb-1"
      >
        {drawn.map((item) => (
          <UploadRow key={item.key} item={item} queue={queue} picker={picker} resuming={resuming} />
        ))}
      </ul>
      {items.length > drawn.length ? (
        <p className="px-3 pb-1 text-muted text-xs">
          {t("moreHidden", { count: items.length - drawn.length })}
        </p>
      ) : null}
      <input
        ref={picker}
        type="file"
        tabIndex={-1}
        aria-hidden="true"
        className="hidden"
        onChange={(event) => {
          const file = event.target.files?.[0];
          const item = resuming.current;
          event.target.value = "";
          if (file && item && !queue.resume(item.key, file))
            toast({
              title: t("differs", { name: nameOf(item.path), size: bytes(item.size) }),
              kind: "danger",
            });
        }}
      />
    </section>
  );
}

function UploadRow({
  item,
  queue,
  picker,
  resuming,
}: {
  item: UploadItem;
  queue: UploadQueue;
  picker: RefObject<HTMLInputElement | null>;
  resuming: RefObject<UploadItem | null>;
}) {
  const t = useTranslations("homefiles.uploads");
  const { state } = item;
  const name = nameOf(item.path);
  return (
    <li className="flex items-center gap-1 pr-1 pl-3">
      <div className="min-w-0 flex-1 py-1">
        <p className="truncate text-sm" title={item.path}>
          {name}
        </p>
        {state === "sending" ? <ProgressBar value={item.sent} max={item.size} label={name} /> : null}
        <StateText item={item} />
      </div>
      {state === "paused" ? (
        <IconButton
          size="sm"
          label={t("resume", { name })}
          onClick={() => {
            resuming.current = item;
            picker.current?.click();
          }}
        >
          <Upload aria-hidden="true" />
        </IconButton>
      ) : null}
      {state === "failed" ? (
        <IconButton size="sm" label={t("retry", { name })} onClick={() => queue.retry(item.key)}>
          <RotateCw aria-hidden="true" />
        </IconButton>
      ) : null}
      {state === "done" ? null : (
        <IconButton
          size="sm"
          label={t(state === "paused" || state === "failed" ? "discard" : "cancel", { name })}
          onClick={() => queue.cancel(item.key)}
        >
          <X aria-hidden="true" />
        </IconButton>
      )}
    </li>
  );
}

function StateText({ item }: { item: UploadItem }) {
  const t = useTranslations("homefiles.uploads");
  const message = useErrorMessage();
  const refused = useRefused();
  const bytes = useBytes();
  switch (item.state) {
    case "failed":
      return (
        <p className="flex items-start gap-1 text-danger text-xs">
          <CircleAlert aria-hidden="true" className="mt-0.5 size-3.5 shrink-0" />
          {item.refused ? refused(item.refused) : item.error ? message(item.error) : t("failed")}
        </p>
      );
    case "done":
      return (
        <p className="flex min-w-0 items-center gap-1 text-muted text-xs">
          <CircleCheck aria-hidden="true" className="size-3.5 shrink-0 text-ok" />
          <span className="min-w-0 truncate">{t("done", { path: `~/${item.written ?? item.path}` })}</span>
        </p>
      );
    case "sending":
      return (
        <p className="tabular text-muted text-xs">
          {t("sending", { sent: bytes(item.sent), size: bytes(item.size) })}
        </p>
      );
    case "paused":
      return (
        <p className="text-warn text-xs">
          {t("paused", { percent: item.size > 0 ? Math.floor((item.sent / item.size) * 100) : 0 })}
        </p>
      );
    case "offline":
    case "retrying":
      return <p className="text-warn text-xs">{t(item.state)}</p>;
    case "whole":
      return <p className="text-muted text-xs">{t("placing")}</p>;
    default:
      return <p className="text-muted text-xs">{t("waiting")}</p>;
  }
}
