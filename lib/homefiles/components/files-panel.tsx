"use client";

import { useQuery } from "@tanstack/react-query";
import {
  Download,
  Eye,
  EyeOff,
  FolderInput,
  FolderPlus,
  FolderUp,
  RefreshCw,
  Trash2,
  Upload,
  X,
} from "lucide-react";
import { useTranslations } from "next-intl";
import {
  type DragEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { useErrorMessage } from "@/components/error-message";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { EmptyState } from "@/components/ui/empty-state";
import { IconButton } from "@/components/ui/icon-button";
import { Menu } from "@/components/ui/menu";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toast";
import type { HomeEntry } from "@/lib/workspaces";
import { useBytes } from "@/lib/workspaces/components/bytes";
import { type FileChange, nameOf } from "../schema";
import { archiveUrl, download, fileUrl, listFolder, Refusal } from "./api";
import { ConflictDialog } from "./conflict-dialog";
import { DeleteDialog } from "./delete-dialog";
import { droppedUploads, pickedUploads } from "./dropped";
import { FileRows, type RowAct } from "./file-rows";
import { FolderPath } from "./folder-path";
import { MoveDialog } from "./move-dialog";
import { NameDialog } from "./name-dialog";
import { PreviewDialog } from "./preview-dialog";
import { type Sort, sorted } from "./sorted";
import { UploadList } from "./upload-list";
import { type NewUpload, type UploadItem, uploadQueue } from "./upload-queue";
import { useFileChanges } from "./use-file-changes";

/** What is being asked of the person; one thing at a time. */
type Asked =
  | { what: "newFolder" }
  | { what: "rename"; entry: HomeEntry }
  | { what: "move"; paths: string[] }
  | { what: "delete"; paths: string[] }
  | { what: "preview"; path: string }
  | { what: "conflict"; names: string[]; choose: (choice: "keepBoth" | "replace") => void };

/** Somebody who comes back to the panel after so long sees it as it is. A listing starts a container: no polling. */
const staleMs = 15_000;
const noUploads: readonly UploadItem[] = [];
const none: ReadonlySet<string> = new Set();
/** Settings of programs: their names begin with a dot. */
const isHidden = ({ path }: HomeEntry) => nameOf(path).startsWith(".");
const join = (folder: string, name: string) => (folder ? `${folder}/${name}` : name);
const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

/**
 * The home behind an attempt, the same for every kind of workspace, running or not. Its owner uploads, arranges and
 * deletes (`writable`); staff look and save.
 */
export function FilesPanel({
  attemptId,
  writable,
  onClose,
}: {
  attemptId: string;
  writable: boolean;
  onClose: () => void;
}) {
  const t = useTranslations("homefiles");
  const message = useErrorMessage();
  const bytes = useBytes();
  const [path, setPath] = useState("");
  const [marked, setMarked] = useState(none);
  const [sort, setSort] = useState<Sort>({ by: "name", down: false });
  const [asked, setAsked] = useState<Asked | null>(null);
  const [dragging, setDragging] = useState(false);
  const [hiddenShown, setHiddenShown] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const filePicker = useRef<HTMLInputElement>(null);
  const folderPicker = useRef<HTMLInputElement>(null);
  const queue = uploadQueue(attemptId);
  const uploads = useSyncExternalStore(queue.subscribe, queue.items, () => noUploads);
  const { data, dataUpdatedAt, error, isPending, isFetching, refetch } = useQuery({
    queryKey: ["home", attemptId, path],
    queryFn: ({ signal }) => listFolder(attemptId, path, signal),
    staleTime: 3_000,
    retry: false,
  });
  const { run, busy } = useFileChanges(attemptId, () => void refetch());

  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    if (!writable) return;
    void queue.load();
    return queue.onPlaced(() => void refetch());
  }, [queue, writable, refetch]);

  const all = data?.entries;
  const dotted = useMemo(() => all?.some(isHidden) ?? false, [all]);
  const entries = useMemo(
    () => sorted(all?.filter((entry) => hiddenShown || !isHidden(entry)) ?? [], sort),
    [all, sort, hiddenShown],
  );
  const known = useMemo(() => new Set(all?.map((entry) => entry.path)), [all]);
  const selected = useMemo(() => {
    const left = [...marked].filter((one) => known.has(one));
    return left.length === marked.size ? marked : new Set(left);
  }, [marked, known]);

  const goTo = (to: string) => {
    setMarked(none);
    setPath(to);
  };
  const refreshIfOld = () => {
    if (Date.now() - dataUpdatedAt > staleMs && !isFetching) void refetch();
  };

  const receive = useCallback(
    (given: readonly NewUpload[], into: string) => {
      if (given.length === 0) return void toast({ title: t("uploads.emptyFolder"), kind: "info" });
      // Of a folder, its own name is what can be there already.
      const tops = new Set(
        given.map((one) => one.path.slice(into ? into.length + 1 : 0).split("/")[0] ?? ""),
      );
      const resumed = new Set(queue.items().flatMap((one) => (one.state === "paused" ? [one.path] : [])));
      const names = [...tops].filter((name) => known.has(join(into, name)) && !resumed.has(join(into, name)));
      if (names.length === 0) return queue.add(given, "keepBoth");
      setAsked({ what: "conflict", names, choose: (choice) => queue.add(given, choice) });
    },
    [known, queue, t],
  );

  const savePaths = (paths: readonly string[]) => {
    const [only] = paths;
    const entry = entries.find((one) => one.path === only);
    if (paths.length === 1 && entry?.kind === "file") return download(fileUrl(attemptId, entry.path));
    const names = paths.length === known.size ? [] : paths.map(nameOf);
    const url = archiveUrl(attemptId, path, names);
    if (url) download(url);
    else toast({ title: t("tooManyToPack"), kind: "danger" });
  };

  const onAct = (act: RowAct, entry: HomeEntry) => {
    const paths = selected.has(entry.path) ? [...selected] : [entry.path];
    if (act === "open" && entry.kind === "directory") goTo(entry.path);
    else if (act === "open") setAsked({ what: "preview", path: entry.path });
    else if (act === "download") savePaths(paths);
    else if (act === "rename") setAsked({ what: "rename", entry });
    else setAsked({ what: act, paths });
  };

  const makeFolder = async (name: string) => {
    const [answer] = (await run([{ act: "makeFolder", path: join(path, name) }], "exists")) ?? [];
    if (!answer) return undefined;
    if ("refused" in answer) return answer.refused === "exists" ? ("exists" as const) : undefined;
    toast({ title: t("done.folder", { name }) });
    setAsked(null);
    return undefined;
  };
  const rename = async (entry: HomeEntry, name: string) => {
    const change = { act: "move", path: entry.path, to: join(path, name), onConflict: "refuse" } as const;
    const [answer] = (await run([change], "exists")) ?? [];
    if (!answer) return undefined;
    if ("refused" in answer) return answer.refused === "exists" ? ("exists" as const) : undefined;
    setMarked(none);
    if (change.path !== change.to) toast({ title: t("done.renamed", { name }) });
    setAsked(null);
    return undefined;
  };
  const remove = async (paths: readonly string[]) => {
    const results = await run(paths.map((one) => ({ act: "remove", path: one }) as const));
    const count = results?.filter((one) => "done" in one).length ?? 0;
    if (count > 0) toast({ title: t("done.deleted", { count }) });
    setMarked(none);
    setAsked(null);
  };
  const move = async (
    paths: readonly string[],
    to: string,
    onConflict: "refuse" | "keepBoth" | "replace",
  ) => {
    const changes: FileChange[] = paths.map((one) => ({
      act: "move",
      path: one,
      to: join(to, nameOf(one)),
      onConflict,
    }));
    const results = await run(changes, onConflict === "refuse" ? "exists" : undefined);
    if (!results) return;
    const count = results.filter((one) => "done" in one).length;
    if (count > 0) toast({ title: t("done.moved", { count }) });
    setMarked(none);
    const taken = paths.filter((_, index) => {
      const answer = results[index];
      return answer && "refused" in answer && answer.refused === "exists";
    });
    if (taken.length === 0 || onConflict !== "refuse") setAsked(null);
    else
      setAsked({
        what: "conflict",
        names: taken.map(nameOf),
        choose: (choice) => void move(taken, to, choice),
      });
  };

  const onDrop = (event: DragEvent) => {
    if (!writable || !carriesFiles(event)) return;
    event.preventDefault();
    setDragging(false);
    const into = path;
    droppedUploads(event.dataTransfer, into).then(
      (given) => receive(given, into),
      () => toast({ title: t("uploads.failed"), kind: "danger" }),
    );
  };

  const { space } = data ?? {};
  const low = space ? space.free < space.total * 0.05 : false;
  return (
    <aside
      aria-labelledby="files-title"
      onKeyDown={(event) => {
        // Keys in a dialog or menu of the panel come by here too; they are not in it.
        const inside = event.currentTarget.contains(event.target as Node);
        if (event.key === "Escape" && inside && !event.defaultPrevented) onClose();
      }}
      onPointerEnter={refreshIfOld}
      onDragEnter={(event) => writable && carriesFiles(event) && setDragging(true)}
      onDragOver={(event) => {
        if (writable && carriesFiles(event)) event.preventDefault();
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragging(false);
      }}
      onDrop={onDrop}
      className="absolute inset-0 z-20 flex flex-col border-border bg-raised md:relative md:inset-auto md:w-104 md:shrink-0 xl:w-112 md:border-l"
    >
      <header className="flex items-center gap-1 py-1 pr-1 pl-3">
        <h2
          id="files-title"
          ref={heading}
          tabIndex={-1}
          className="flex-1 font-semibold text-base outline-none"
        >
          {t("title")}
        </h2>
        {writable ? (
          <>
            <Menu
              trigger={
                <Button size="sm" icon={<Upload aria-hidden="true" />}>
                  {t("upload")}
                </Button>
              }
              entries={[
                {
                  label: t("uploadFiles"),
                  icon: <Upload aria-hidden="true" />,
                  onSelect: () => filePicker.current?.click(),
                },
                {
                  label: t("uploadFolder"),
                  icon: <FolderUp aria-hidden="true" />,
                  onSelect: () => folderPicker.current?.click(),
                },
              ]}
            />
            <IconButton size="sm" label={t("newFolder")} onClick={() => setAsked({ what: "newFolder" })}>
              <FolderPlus aria-hidden="true" />
            </IconButton>
          </>
        ) : null}
        <IconButton size="sm" label={t("refresh")} busy={isFetching} onClick={() => void refetch()}>
          {isFetching ? null : <RefreshCw aria-hidden="true" />}
        </IconButton>
        <IconButton size="sm" label={t("close")} onClick={onClose}>
          <X aria-hidden="true" />
        </IconButton>
      </header>
      <div className="flex min-h-9 items-center gap-1 border-border border-b pr-1 pl-2">
        {selected.size > 0 ? (
          <>
            <span role="status" className="tabular flex-1 pl-1 text-sm">
              {t("selected", { count: selected.size })}
            </span>
            <IconButton size="sm" label={t("download")} onClick={() => savePaths([...selected])}>
              <Download aria-hidden="true" />
            </IconButton>
            {writable ? (
              <>
                <IconButton
                  size="sm"
                  label={t("move")}
                  onClick={() => setAsked({ what: "move", paths: [...selected] })}
                >
                  <FolderInput aria-hidden="true" />
                </IconButton>
                <IconButton
                  size="sm"
                  label={t("delete")}
                  onClick={() => setAsked({ what: "delete", paths: [...selected] })}
                >
                  <Trash2 aria-hidden="true" />
                </IconButton>
              </>
            ) : null}
            <IconButton size="sm" label={t("clear")} onClick={() => setMarked(none)}>
              <X aria-hidden="true" />
            </IconButton>
          </>
        ) : (
          <>
            <div className="min-w-0 flex-1">
              <FolderPath path={path} onGo={goTo} />
            </div>
            {dotted ? (
              <IconButton
                size="sm"
                label={t("hidden")}
                aria-pressed={hiddenShown}
                onClick={() => setHiddenShown(!hiddenShown)}
              >
                {hiddenShown ? <Eye aria-hidden="true" /> : <EyeOff aria-hidden="true" />}
              </IconButton>
            ) : null}
            {entries.length > 0 ? (
              <IconButton
                size="sm"
                label={t("downloadAll")}
                onClick={() => savePaths(entries.map((entry) => entry.path))}
              >
                <Download aria-hidden="true" />
              </IconButton>
            ) : null}
          </>
        )}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {isPending ? (
          <div aria-busy="true" className="flex flex-col gap-4 p-4">
            <Skeleton className="w-2/3" />
            <Skeleton className="w-1/2" />
            <Skeleton className="w-3/5" />
          </div>
        ) : error && !data ? (
          <div role="alert">
            <EmptyState
              title={t("failed")}
              action={<Button onClick={() => void refetch()}>{t("retry")}</Button>}
            >
              {message(error instanceof Refusal ? error.shown : { code: "unavailable", key: "unavailable" })}
            </EmptyState>
          </div>
        ) : entries.length === 0 ? (
          <EmptyState title={t("empty")}>
            {t(!writable ? "emptyReadOnly" : path === "" ? "emptyHome" : "emptyFolder")}
          </EmptyState>
        ) : (
          <FileRows
            key={path}
            entries={entries}
            selected={selected}
            onSelect={setMarked}
            sort={sort}
            onSort={setSort}
            onAct={onAct}
            writable={writable}
          />
        )}
        {data?.more ? (
          <p className="px-3 py-2 text-muted text-xs">{t("more", { count: entries.length })}</p>
        ) : null}
      </div>
      {writable ? <UploadList queue={queue} items={uploads} /> : null}
      <p className={cn("border-border border-t px-3 py-2 text-xs", low ? "text-warn" : "text-muted")}>
        {writable
          ? space
            ? t(low ? "spaceLow" : "space", { free: bytes(space.free), total: bytes(space.total) })
            : t("keys")
          : t("readOnly")}
      </p>
      {dragging ? (
        <div className="pointer-events-none absolute inset-1 z-10 grid place-items-center rounded-md border-2 border-accent border-dashed bg-accent-soft/90">
          <p className="flex items-center gap-2 px-4 text-center font-medium">
            <Upload aria-hidden="true" className="size-5 shrink-0 text-accent" />
            {t("dropHere", { folder: path ? nameOf(path) : t("home") })}
          </p>
        </div>
      ) : null}
      {[filePicker, folderPicker].map((picker, index) => (
        <input
          key={index === 0 ? "files" : "folder"}
          ref={picker}
          type="file"
          multiple
          tabIndex={-1}
          aria-hidden="true"
          data-picker={index === 0 ? "files" : "folder"}
          className="hidden"
          {...(index === 1 ? { webkitdirectory: "" } : {})}
          onChange={(event) => {
            const given = pickedUploads(event.target.files ?? [], path);
            event.target.value = "";
            receive(given, path);
          }}
        />
      ))}
      {asked?.what === "newFolder" ? (
        <NameDialog
          title={t("newFolderTitle")}
          label={t("newFolderName")}
          confirm={t("create")}
          onName={makeFolder}
          onClose={() => setAsked(null)}
        />
      ) : asked?.what === "rename" ? (
        <NameDialog
          title={t("renameTitle", { name: nameOf(asked.entry.path) })}
          label={t("newName")}
          confirm={t("renameDo")}
          initial={nameOf(asked.entry.path)}
          onName={(name) => rename(asked.entry, name)}
          onClose={() => setAsked(null)}
        />
      ) : asked?.what === "move" ? (
        <MoveDialog
          attemptId={attemptId}
          paths={asked.paths}
          from={path}
          busy={busy}
          onMove={(to) => void move(asked.paths, to, "refuse")}
          onClose={() => setAsked(null)}
        />
      ) : asked?.what === "delete" ? (
        <DeleteDialog
          attemptId={attemptId}
          paths={asked.paths}
          onDelete={() => remove(asked.paths)}
          onClose={() => setAsked(null)}
        />
      ) : asked?.what === "preview" ? (
        <PreviewDialog attemptId={attemptId} path={asked.path} onClose={() => setAsked(null)} />
      ) : asked?.what === "conflict" ? (
        <ConflictDialog
          names={asked.names}
          onChoice={(choice) => {
            setAsked(null);
            asked.choose(choice);
          }}
          onClose={() => setAsked(null)}
        />
      ) : null}
    </aside>
  );
}
