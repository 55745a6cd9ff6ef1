"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Download, File, Folder, RefreshCw, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { type ShownError, useErrorMessage } from "@/components/error-message";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { IconButton } from "@/components/ui/icon-button";
import { Skeleton } from "@/components/ui/skeleton";
import { Time } from "@/components/ui/time";
import type { HomeEntry } from "@/lib/workspaces";
import { Bytes } from "@/lib/workspaces/components/bytes";

class Refusal extends Error {
  constructor(readonly shown: ShownError) {
    super(shown.key);
  }
}

async function list(attemptId: string, path: string, signal: AbortSignal): Promise<HomeEntry[]> {
  const response = await fetch(`/api/attempts/${attemptId}/files?path=${encodeURIComponent(path)}`, {
    signal,
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return (body as { entries: HomeEntry[] }).entries;
  throw new Refusal((body as { error?: ShownError } | null)?.error ?? { code: "internal", key: "internal" });
}

/** The home behind an attempt beside the workspace: look into directories, save single files. */
export function LiveFiles({ attemptId, onClose }: { attemptId: string; onClose: () => void }) {
  const t = useTranslations("attempts.files");
  const message = useErrorMessage();
  const [path, setPath] = useState("");
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  const { data, error, isPending, isFetching, refetch } = useQuery({
    queryKey: ["home", attemptId, path],
    queryFn: ({ signal }) => list(attemptId, path, signal),
    staleTime: 0,
    retry: false,
  });
  const parts = path.split("/").filter(Boolean);
  const entries = data?.toSorted(
    (a, b) => Number(b.kind === "directory") - Number(a.kind === "directory") || a.path.localeCompare(b.path),
  );
  return (
    <aside
      aria-labelledby="files-title"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
      className="absolute inset-0 z-20 flex flex-col border-border bg-raised md:static md:w-80 md:shrink-0 md:border-l"
    >
      <header className="flex items-center gap-1 py-1 pr-1 pl-3">
        <h2 id="files-title" ref={head} tabIndex={-1} className="flex-1 font-semibold text-base outline-none">
          {t("title")}
        </h2>
        <IconButton size="sm" label={t("refresh")} busy={isFetching} onClick={() => void refetch()}>
          {isFetching ? null : <RefreshCw aria-hidden="true" />}
        </IconButton>
        <IconButton size="sm" label={t("close")} onClick={onClose}>
          <X aria-hidden="true" />
        </IconButton>
      </header>
      <nav aria-label={t("path")} className="border-border border-b px-3 pb-1.5">
        <ol className="flex flex-wrap items-center gap-0.5 text-sm">
          {["", ...parts].map((part, depth) => {
            const target = parts.slice(0, depth).join("/");
            const here = depth === parts.length;
            return (
              <li key={target} className="flex min-w-0 items-center gap-0.5">
                {depth > 0 ? <ChevronRight aria-hidden="true" className="size-3.5 text-muted" /> : null}
                <button
                  type="button"
                  aria-current={here ? "location" : undefined}
                  onClick={() => setPath(target)}
                  className="min-w-0 truncate rounded-sm px-1 hover:bg-hover pointer-coarse:min-h-10"
                >
                  {depth === 0 ? t("home") : part}
                </button>
              </li>
            );
          })}
        </ol>
      </nav>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {isPending ? (
          <div aria-busy="true" className="flex flex-col gap-4 p-4">
            <Skeleton className="w-2/3" />
            <Skeleton className="w-1/2" />
            <Skeleton className="w-3/5" />
          </div>
        ) : error ? (
          <div role="alert">
            <EmptyState
              title={t("failed")}
              action={<Button onClick={() => void refetch()}>{t("retry")}</Button>}
            >
              {message(error instanceof Refusal ? error.shown : { code: "unavailable", key: "unavailable" })}
            </EmptyState>
          </div>
        ) : entries?.length === 0 ? (
          <EmptyState title={t("empty")}>{path === "" ? t("emptyHome") : null}</EmptyState>
        ) : (
          <ul>
            {entries?.map((entry) => {
              const name = entry.path.slice(entry.path.lastIndexOf("/") + 1);
              return (
                <li key={entry.path} className="flex min-h-9 items-center gap-1 pr-1 pl-3 hover:bg-hover">
                  {entry.kind === "directory" ? (
                    <button
                      type="button"
                      onClick={() => setPath(entry.path)}
                      className="flex min-h-9 min-w-0 flex-1 items-center gap-2 text-left pointer-coarse:min-h-11"
                    >
                      <Folder aria-hidden="true" className="size-4 shrink-0 text-accent" />
                      <span className="min-w-0 truncate">{name}</span>
                    </button>
                  ) : (
                    <>
                      <File aria-hidden="true" className="mr-1 size-4 shrink-0 text-muted" />
                      <span className="min-w-0 flex-1 py-1">
                        <span className="block truncate" title={name}>
                          {name}
                        </span>
                        <span className="flex gap-2 text-muted text-xs">
                          <Bytes value={entry.size} />
                          <Time at={entry.modifiedAt} />
                        </span>
                      </span>
                      <a
                        href={`/api/attempts/${attemptId}/file?path=${encodeURIComponent(entry.path)}`}
                        download
                        aria-label={t("downloadNamed", { name })}
                        className="grid size-8 shrink-0 place-items-center rounded-md text-muted hover:bg-sunken hover:text-text pointer-coarse:size-10"
                      >
                        <Download aria-hidden="true" className="size-4" />
                      </a>
                    </>
                  )}
                </li>
              );
            })}
          </ul>
        )}
      </div>
      <p className="border-border border-t px-3 py-2 text-muted text-xs">{t("note")}</p>
    </aside>
  );
}
