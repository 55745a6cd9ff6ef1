"use client";

import { useQuery } from "@tanstack/react-query";
import { Folder } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/skeleton";
import { nameOf } from "../schema";
import { listFolder } from "./api";
import { FolderPath } from "./folder-path";
import { sorted } from "./sorted";

/** Chooses the folder that things are moved to, by walking there. */
export function MoveDialog({
  attemptId,
  paths,
  from,
  busy,
  onMove,
  onClose,
}: {
  attemptId: string;
  paths: readonly string[];
  from: string;
  busy: boolean;
  onMove: (to: string) => void;
  onClose: () => void;
}) {
  const t = useTranslations("homefiles");
  const tUi = useTranslations("ui");
  const [to, setTo] = useState(from);
  const { data } = useQuery({
    queryKey: ["home", attemptId, to],
    queryFn: ({ signal }) => listFolder(attemptId, to, signal),
    retry: false,
  });
  // A folder cannot go into itself.
  const folders = sorted(data?.entries ?? [], { by: "name", down: false }).filter(
    ({ kind, path }) => kind === "directory" && !paths.includes(path),
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      size="sm"
      title={t("moveTitle", { count: paths.length })}
      footer={
        <>
          <Button onClick={onClose}>{tUi("cancel")}</Button>
          <Button variant="primary" busy={busy} disabled={to === from} onClick={() => onMove(to)}>
            {t("moveDo")}
          </Button>
        </>
      }
    >
      <FolderPath path={to} onGo={setTo} />
      <div className="mt-2 h-56 overflow-y-auto rounded-md border border-border">
        {!data ? (
          <div aria-busy="true" className="flex flex-col gap-3 p-3">
            <Skeleton className="w-1/2" />
            <Skeleton className="w-2/3" />
          </div>
        ) : folders.length === 0 ? (
          <p className="p-3 text-muted text-sm">{t("noFolders")}</p>
        ) : (
          <ul>
            {folders.map(({ path }) => (
              <li key={path}>
                <button
                  type="button"
                  onClick={() => setTo(path)}
                  className="flex min-h-9 w-full items-center gap-2 px-3 text-left hover:bg-hover pointer-coarse:min-h-11"
                >
                  <Folder aria-hidden="true" className="size-4 shrink-0 text-accent" />
                  <span className="min-w-0 truncate">{nameOf(path)}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}
