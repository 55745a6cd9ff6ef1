"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { ChevronRight, Download, FileArchive, Undo2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Button, buttonClass } from "@/components/ui/button";
import { IconButton } from "@/components/ui/icon-button";
import { Skeleton } from "@/components/ui/skeleton";
import { Spinner } from "@/components/ui/spinner";
import { Switch } from "@/components/ui/switch";
import { Bytes } from "@/lib/workspaces/components/bytes";
import { retryCollectionsAction } from "../actions";
import { causeOf } from "./cause-of";
import { RestoreDialog } from "./restore-dialog";

type ManifestFile = {
  id: string;
  path: string;
  size: number;
  sha256: string | null;
  skipped: string | null;
  count: number | null;
  change: "new" | "changed" | "same" | null;
};
type Manifest = {
  files: ManifestFile[];
  next: string | null;
  totals: { unchanged: number; overLimit: number; isCompared: boolean } | null;
};

export type CollectedSummary = {
  id: string;
  state: "pending" | "running" | "done" | "failed";
  files: number;
  skipped: number;
  bytes: number;
  cause: string | null;
};

const reasons = [
  "excluded",
  "symlink",
  "fifo",
  "socket",
  "device",
  "unreadable",
  "cache",
  "too_deep",
  "path_too_long",
  "too_large",
  "total_too_large",
  "too_many",
  "changed",
  "bad_path",
] as const;

/**
 * What was kept of one attempt: how much, what was left out and why, one file or all of them for saving, and
 * for its owner to be put back.
 */
export function CollectedFiles({
  attemptId,
  collection,
  open: openAtFirst = false,
  restorable = false,
  actions,
}: {
  attemptId: string;
  /** At the end of the attempt, or a copy from before a reset. */
  collection: CollectedSummary | null;
  open?: boolean;
  /** Its owner has an attempt open that single files can be put back to. */
  restorable?: boolean;
  /** What else can be done with all of it. */
  actions?: ReactNode;
}) {
  const t = useTranslations("collections");
  const [open, setOpen] = useState(openAtFirst);
  if (!collection) return <p className="text-muted text-sm">{t("none")}</p>;
  if (collection.state === "failed") return <Failed cause={collection.cause} attemptId={attemptId} />;
  if (collection.state !== "done") {
    return (
      <div role="status" className="flex flex-col gap-0.5 text-muted text-sm">
        <p className="flex items-center gap-2">
          <Spinner />
          {collection.files > 0 ? t("underWayWith", { count: collection.files }) : t("underWay")}
        </p>
        {collection.cause ? (
          <p className="text-warn">
            {t(`causes.${causeOf(collection.cause)}`)} {t("againByItself")}
          </p>
        ) : null}
      </div>
    );
  }
  if (collection.files + collection.skipped === 0)
    return <p className="text-muted text-sm">{t("nothing")}</p>;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="-ml-1 inline-flex min-h-8 items-center gap-1 rounded-md px-1 text-sm hover:bg-hover pointer-coarse:min-h-10"
        >
          <ChevronRight
            aria-hidden="true"
            className={`size-4 text-muted transition-transform ${open ? "rotate-90" : ""}`}
          />
          <span>
            {t.rich("summary", {
              files: collection.files,
              size: () => <Bytes value={collection.bytes} />,
            })}
          </span>
          {collection.skipped > 0 ? (
            <span className="text-muted">{t("skipped", { count: collection.skipped })}</span>
          ) : null}
        </button>
        {collection.files > 0 ? (
          <a
            href={zipHref(attemptId, collection.id)}
            download
            className={buttonClass({ size: "sm", variant: "ghost" })}
          >
            <FileArchive aria-hidden="true" />
            {t("zip")}
          </a>
        ) : null}
        {collection.files > 0 ? actions : null}
      </div>
      {open ? <FileList collectionId={collection.id} attemptId={attemptId} restorable={restorable} /> : null}
    </div>
  );
}

/** The home is still there: why its files are not, and another try. */
function Failed({ cause, attemptId }: { cause: string | null; attemptId: string }) {
  const t = useTranslations("collections");
  const router = useRouter();
  const { run, busy } = useAction(retryCollectionsAction);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-danger text-sm">
      <p>
        {t(`causes.${causeOf(cause)}`)} {t("failed")}
      </p>
      <Button
        size="sm"
        busy={busy}
        onClick={async () => {
          if (await run({ attemptIds: [attemptId] })) router.refresh();
        }}
      >
        {t("saveAgain")}
      </Button>
    </div>
  );
}

function FileList({
  collectionId,
  attemptId,
  restorable,
}: {
  collectionId: string;
  attemptId: string;
  restorable: boolean;
}) {
  const t = useTranslations("collections");
  const [all, setAll] = useState(false);
  const [asked, setAsked] = useState<{ id: string; path: string } | null>(null);
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ["collection", collectionId, all],
      initialPageParam: "",
      queryFn: async ({ pageParam, signal }): Promise<Manifest> => {
        const query = new URLSearchParams({
          ...(all ? {} : { only: "changed" }),
          ...(pageParam ? { after: pageParam } : {}),
        });
        const response = await fetch(`/api/collections/${collectionId}?${query}`, { signal });
        if (!response.ok) throw new Error(String(response.status));
        return response.json() as Promise<Manifest>;
      },
      getNextPageParam: (last) => last.next,
      placeholderData: (before) => before,
    });
  if (isPending) {
    return (
      <div aria-busy="true" className="flex flex-col gap-3 py-2 pl-5">
        <Skeleton className="w-2/3" />
        <Skeleton className="w-1/2" />
      </div>
    );
  }
  if (error) {
    return (
      <p role="alert" className="flex items-center gap-2 py-1 pl-5 text-danger text-sm">
        {t("listFailed")}
        <Button size="sm" onClick={() => void refetch()}>
          {t("retry")}
        </Button>
      </p>
    );
  }
  const totals = data.pages[0]?.totals;
  return (
    <>
      {totals && totals.overLimit > 0 ? (
        <p className="pl-5 text-danger text-sm">{t("overLimit", { count: totals.overLimit })}</p>
      ) : null}
      {totals && totals.unchanged > 0 ? (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1 pl-5">
          <Switch
            label={t("onlyChanged", { count: totals.unchanged })}
            checked={!all}
            onChange={(event) => setAll(!event.target.checked)}
          />
          {all ? null : (
            <a
              href={`${zipHref(attemptId, collectionId)}&only=changed`}
              download
              className={buttonClass({ size: "sm", variant: "ghost" })}
            >
              <FileArchive aria-hidden="true" />
              {t("zipChanged")}
            </a>
          )}
        </div>
      ) : null}
      {data.pages[0]?.files.length === 0 ? (
        <p className="py-1 pl-5 text-muted text-sm">{t("nothingChanged")}</p>
      ) : null}
      <ul className="divide-y divide-border border-border border-t text-sm">
        {data.pages
          .flatMap((page) => page.files)
          // What programs keep for themselves comes after people's own work.
          .toSorted((a, b) => Number(a.path.startsWith(".")) - Number(b.path.startsWith(".")))
          .map((file) => (
            <li key={file.id} className="flex min-h-9 flex-wrap items-center gap-x-3 py-1 pl-5">
              <bdi className="min-w-40 flex-1 break-all font-mono text-xs">
                {file.path === "." ? t("rest") : readable(file.path)}
              </bdi>
              {totals?.isCompared && file.change && file.change !== "same" ? (
                <span className="whitespace-nowrap text-muted text-xs">{t(`changes.${file.change}`)}</span>
              ) : null}
              {file.sha256 ? (
                <>
                  <Bytes value={file.size} className="tabular whitespace-nowrap text-muted text-xs" />
                  {restorable ? (
                    <IconButton
                      size="sm"
                      label={t("restore.restoreNamed", { name: file.path })}
                      onClick={() => setAsked({ id: file.id, path: file.path })}
                    >
                      <Undo2 aria-hidden="true" />
                    </IconButton>
                  ) : null}
                  <a
                    href={`/api/collections/files/${file.id}`}
                    download
                    aria-label={t("downloadNamed", { name: file.path })}
                    className="grid size-8 place-items-center rounded-md text-muted hover:bg-hover hover:text-text pointer-coarse:size-10"
                  >
                    <Download aria-hidden="true" className="size-4" />
                  </a>
                </>
              ) : (
                <span className="text-muted text-xs">
                  {t(`skippedReasons.${reasonOf(file.skipped)}`)}
                  {(file.count ?? 1) > 1 ? t("skippedCount", { count: file.count ?? 1 }) : null}
                </span>
              )}
            </li>
          ))}
        {hasNextPage ? (
          <li className="py-1 text-center">
            <Button size="sm" variant="ghost" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {t("more")}
            </Button>
          </li>
        ) : null}
      </ul>
      <RestoreDialog file={asked} onClose={() => setAsked(null)} />
    </>
  );
}

const zipHref = (attemptId: string, collectionId: string) =>
  `/api/attempts/${attemptId}/collected?collection=${collectionId}`;

/** A name that turns the reading direction would look like another one. */
const readable = (path: string) =>
  path.replace(
    /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16)}`,
  );
const reasonOf = (reason: string | null) => reasons.find((known) => known === reason) ?? "other";
