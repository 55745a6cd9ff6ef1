import { shownName } from "../schema";
import type { NewUpload } from "./upload-queue";

/** A path inside what was dropped or chosen, as it shall stand in the home. */
const inside = (folder: string, relative: string) =>
  [folder, ...relative.split("/").filter(Boolean).map(shownName)].filter(Boolean).join("/");

/** What a picker gave; of a folder, each file with its way from there. */
export const pickedUploads = (files: Iterable<File>, folder: string): NewUpload[] =>
  [...files].map((file) => ({ file, path: inside(folder, file.webkitRelativePath || file.name) }));

/** What was dropped, folders with everything below. To be called while the event runs: then its items are gone. */
export async function droppedUploads(data: DataTransfer, folder: string): Promise<NewUpload[]> {
  const loose = [...data.files];
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  if (entries.length === 0) return pickedUploads(loose, folder);
  const uploads: NewUpload[] = [];
  for (const entry of entries) await walk(entry, folder, uploads);
  return uploads;
}

async function walk(entry: FileSystemEntry, folder: string, into: NewUpload[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    into.push({ file, path: inside(folder, entry.fullPath) });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A hundred at a time, until there is none left.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const below of some) await walk(below, folder, into);
  }
}
