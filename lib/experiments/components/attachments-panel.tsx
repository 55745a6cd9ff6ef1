"use client";

import { Download, Paperclip, Pencil, Trash2, X } from "lucide-react";
import { useRouter } from "next/navigation";
import { useFormatter, useTranslations } from "next-intl";
import { useRef, useState } from "react";
import { DataTable } from "@/components/data-table/data-table";
import { type ShownError, useErrorMessage } from "@/components/error-message";
import { TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { UnsavedGuard } from "@/components/form/unsaved-guard";
import { useAction } from "@/components/form/use-action";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { FileDrop } from "@/components/ui/file-drop";
import { IconButton } from "@/components/ui/icon-button";
import { ProgressBar } from "@/components/ui/progress";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { removeAttachmentAction, renameAttachmentAction, restoreAttachmentAction } from "../actions";
import { attachmentLimits, renameAttachmentInput } from "../schema";
import { type Upload, uploadAttachment } from "./upload";

type Row = { id: string; name: string; size: number; createdAt: Date; createdByName: string | null };

/** Files that students find in `~/materials`: upload with progress, rename, remove with undo. */
export function AttachmentsPanel({
  experimentId,
  attachments,
  mayEdit,
}: {
  experimentId: string;
  attachments: readonly Row[];
  mayEdit: boolean;
}) {
  const t = useTranslations("experiments");
  const router = useRouter();
  const size = useBytes();
  const remove = useAction(removeAttachmentAction);
  const restore = useAction(restoreAttachmentAction);
  const [renaming, setRenaming] = useState<Row | null>(null);
  const { uploads, add, dismiss } = useUploads(experimentId, () => router.refresh());

  const removeNow = async (row: Row) => {
    const input = { experimentId, attachmentId: row.id };
    if (!(await remove.run(input))) return;
    router.refresh();
    toast({
      title: t("attachment.removed", { name: row.name }),
      undo: { label: t("undo"), run: () => void restore.run(input).then(() => router.refresh()) },
    });
  };
  return (
    <div className="flex max-w-4xl flex-col gap-4">
      {mayEdit ? (
        <FileDrop
          multiple
          label={t("attachment.drop")}
          hint={t("attachment.hint", { size: size(attachmentLimits.bytes) })}
          onFiles={add}
        />
      ) : null}
      {uploads.length > 0 ? (
        <ul className="flex flex-col gap-2" aria-label={t("attachment.uploads")}>
          {uploads.map((upload) => (
            <UploadRow key={upload.key} upload={upload} onDismiss={() => dismiss(upload.key)} />
          ))}
        </ul>
      ) : null}
      <DataTable
        label={t("tab.attachments")}
        prefix="a-"
        rows={attachments}
        rowKey={(row) => row.id}
        rowName={(row) => row.name}
        columns={[
          {
            key: "name",
            header: t("attachment.name"),
            phone: "title",
            sort: (row) => row.name,
            cell: (row) => (
              <a href={`/api/attachments/${row.id}`} download className="break-all hover:underline">
                {row.name}
              </a>
            ),
          },
          {
            key: "size",
            header: t("attachment.size"),
            align: "end",
            width: "w-24",
            cell: (row) => <span className="tabular whitespace-nowrap">{size(row.size)}</span>,
            sort: (row) => row.size,
          },
          {
            key: "by",
            header: t("attachment.by"),
            cell: (row) => row.createdByName ?? "",
            phone: "hidden",
          },
          {
            key: "at",
            header: t("attachment.at"),
            cell: (row) => <Time at={row.createdAt} mode="relative" className="text-muted" />,
            sort: (row) => row.createdAt.getTime(),
          },
        ]}
        rowMenu={(row) => [
          { label: t("attachment.download"), icon: <Download />, onSelect: () => download(row.id) },
          ...(mayEdit
            ? ([
                { label: t("attachment.rename"), icon: <Pencil />, onSelect: () => setRenaming(row) },
                "separator",
                {
                  label: t("attachment.remove"),
                  icon: <Trash2 />,
                  danger: true,
                  onSelect: () => void removeNow(row),
                },
              ] as const)
            : []),
        ]}
        empty={
          <EmptyState icon={<Paperclip />} title={t("attachment.emptyTitle")}>
            {t("attachment.emptyHint")}
          </EmptyState>
        }
      />
      {renaming ? (
        <Dialog open onOpenChange={(shown) => shown || setRenaming(null)} title={t("attachment.rename")}>
          <Form
            schema={renameAttachmentInput.pick({ name: true })}
            defaultValues={{ name: renaming.name }}
            guard={false}
            submit={t("attachment.rename")}
            onSubmit={async ({ name }) => {
              const result = await renameAttachmentAction({ experimentId, attachmentId: renaming.id, name });
              if (result.ok) {
                setRenaming(null);
                router.refresh();
              }
              return result;
            }}
          >
            <TextField
              name="name"
              label={t("attachment.name")}
              help={t("attachment.renameHelp")}
              required
              autoFocus
            />
          </Form>
        </Dialog>
      ) : null}
      <UnsavedGuard
        active={uploads.some((upload) => upload.state !== "failed")}
        title={t("attachment.leave")}
        text={t("attachment.leaveHint")}
        confirm={t("attachment.leaveConfirm")}
      />
    </div>
  );
}

function download(id: string): void {
  const link = document.createElement("a");
  link.href = `/api/attachments/${id}`;
  link.download = "";
  link.click();
}

/** Bytes as people say them: `12 KB`, `3.4 MB`. */
function useBytes(): (bytes: number) => string {
  const format = useFormatter();
  return (bytes) => {
    const units = ["B", "KB", "MB", "GB"];
    const step = bytes === 0 ? 0 : Math.min(3, Math.floor(Math.log(bytes) / Math.log(1024)));
    return `${format.number(bytes / 1024 ** step, { maximumFractionDigits: 1 })} ${units[step]}`;
  };
}

/** Uploads one after another, so that each has the whole line. */
function useUploads(experimentId: string, onDone: () => void) {
  const t = useTranslations("experiments");
  const [uploads, setUploads] = useState<Upload[]>([]);
  const next = useRef(1);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const stops = useRef(new Map<number, () => void>());
  const change = (key: number, to: Partial<Upload>) =>
    setUploads((all) => all.map((upload) => (upload.key === key ? { ...upload, ...to } : upload)));
  const drop = (key: number) => setUploads((all) => all.filter((upload) => upload.key !== key));

  const send = async (key: number, file: File) => {
    if (stops.current.get(key) === stopped) return;
    const { done, stop } = uploadAttachment(experimentId, file, (sent) =>
      change(key, { sent, state: sent >= file.size ? "saving" : "sending" }),
    );
    stops.current.set(key, stop);
    try {
      await done;
      drop(key);
      onDone();
    } catch (error) {
      const shown = error as ShownError;
      if (shown.code === "aborted") drop(key);
      else change(key, { state: "failed", error: shown });
    } finally {
      stops.current.delete(key);
    }
  };
  return {
    uploads,
    add: (files: File[]) => {
      for (const file of files) {
        const key = next.current++;
        const upload: Upload = { key, name: file.name, size: file.size, sent: 0, state: "sending" };
        if (file.size > attachmentLimits.bytes) {
          const error = {
            code: "limit",
            key: "fileTooLarge",
            params: { max: attachmentLimits.bytes / 1024 / 1024 },
          };
          setUploads((all) => [...all, { ...upload, state: "failed", error }]);
          continue;
        }
        setUploads((all) => [...all, upload]);
        queue.current = queue.current.then(() => send(key, file));
      }
      if (files.length === 0) toast({ title: t("attachment.nothing"), kind: "info" });
    },
    dismiss: (key: number) => {
      stops.current.get(key)?.();
      stops.current.set(key, stopped);
      drop(key);
    },
  };
}

const stopped = () => undefined;

function UploadRow({ upload, onDismiss }: { upload: Upload; onDismiss: () => void }) {
  const t = useTranslations("experiments");
  const size = useBytes();
  const message = useErrorMessage();
  return (
    <li className="flex items-center gap-3 rounded-md border border-border bg-raised px-3 py-2">
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm">{upload.name}</p>
        {upload.state === "failed" ? (
          <p className="text-danger text-sm" role="alert">
            {upload.error ? message(upload.error) : null}
          </p>
        ) : (
          <ProgressBar
            value={upload.sent}
            max={upload.size}
            label={t("attachment.progress", { name: upload.name })}
            text={
              upload.state === "saving"
                ? t("attachment.saving")
                : t("attachment.sent", { sent: size(upload.sent), size: size(upload.size) })
            }
          />
        )}
      </div>
      <IconButton
        label={t(upload.state === "failed" ? "attachment.dismiss" : "attachment.cancel", {
          name: upload.name,
        })}
        onClick={onDismiss}
      >
        <X aria-hidden="true" />
      </IconButton>
    </li>
  );
}
