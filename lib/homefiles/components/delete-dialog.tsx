"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { useBytes } from "@/lib/workspaces/components/bytes";
import { nameOf } from "../schema";
import { changeFiles } from "./api";

/** The home counts at most so many of one entry. */
const countedAtMost = 100_000;

/** Asks with the true counts, folders with everything below. */
export function DeleteDialog({
  attemptId,
  paths,
  onDelete,
  onClose,
}: {
  attemptId: string;
  paths: readonly string[];
  onDelete: () => Promise<unknown>;
  onClose: () => void;
}) {
  const t = useTranslations("homefiles");
  const bytes = useBytes();
  const { data } = useQuery({
    queryKey: ["home-count", attemptId, paths],
    queryFn: async () => {
      const sums = { files: 0, folders: 0, bytes: 0, more: false };
      for (const one of await changeFiles(
        attemptId,
        paths.map((path) => ({ act: "measure", path }) as const),
      )) {
        if (!("files" in one)) continue;
        sums.files += one.files;
        sums.folders += one.folders;
        sums.bytes += one.bytes;
        sums.more ||= one.files + one.folders >= countedAtMost;
      }
      return sums;
    },
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const [only] = paths;
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => open || onClose()}
      title={
        paths.length === 1 && only
          ? t("deleteTitle", { name: nameOf(only) })
          : t("deleteMany", { count: paths.length })
      }
      confirm={t("deleteDo")}
      onConfirm={onDelete}
    >
      <p role="status">
        {!data
          ? t("deleteCounting")
          : data.more
            ? t("deleteMore", { files: data.files })
            : t("deleteCounts", { files: data.files, folders: data.folders, size: bytes(data.bytes) })}
      </p>
    </ConfirmDialog>
  );
}
