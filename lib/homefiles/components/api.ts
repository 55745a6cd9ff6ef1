import type { ShownError } from "@/components/error-message";
import type { Changed, HomeListing } from "@/lib/workspaces";
import type { FileChange, Placed, Preview, UploadBrief } from "../schema";

/** An answer that was a refusal, or none at all: `unavailable`. */
export class Refusal extends Error {
  constructor(
    readonly shown: ShownError,
    /** Nothing came back: the network, not the service. */
    readonly silent = false,
  ) {
    super(shown.key);
  }
}

const silence = () => new Refusal({ code: "unavailable", key: "unavailable" }, true);

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw silence();
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok && body !== null) return body as T;
  throw new Refusal(
    (body as { error?: ShownError } | null)?.error ?? { code: "unavailable", key: "unavailable" },
    response.status >= 502,
  );
}

const at = (attemptId: string, what: string, path?: string) =>
  `/api/attempts/${attemptId}/${what}${path === undefined ? "" : `?path=${encodeURIComponent(path)}`}`;

const post = (body: object): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

export const listFolder = (attemptId: string, path: string, signal?: AbortSignal): Promise<HomeListing> =>
  ask(at(attemptId, "files", path), { signal });

export const previewOf = (attemptId: string, path: string, signal?: AbortSignal): Promise<Preview> =>
  ask(at(attemptId, "preview", path), { signal });

export const fileUrl = (attemptId: string, path: string) => at(attemptId, "file", path);
export const viewUrl = (attemptId: string, path: string) => at(attemptId, "view", path);
export const uploadsUrl = (attemptId: string) => at(attemptId, "uploads");

/** An address longer than servers take is null: so many names do not fit. */
export function archiveUrl(attemptId: string, folder: string, names: readonly string[]): string | null {
  const query = new URLSearchParams({ folder });
  if (names.length > 0) query.set("names", names.join("/"));
  const url = `${at(attemptId, "archive")}?${query}`;
  return url.length > 8_000 ? null : url;
}

const atOnce = 1_000;

/** Changes of a home, with an answer for each in their order. */
export async function changeFiles(attemptId: string, changes: readonly FileChange[]): Promise<Changed[]> {
  const results: Changed[] = [];
  for (let from = 0; from < changes.length; from += atOnce) {
    const body = { changes: changes.slice(from, from + atOnce) };
    const answer = await ask<{ results: Changed[] }>(at(attemptId, "files"), post(body));
    results.push(...answer.results);
  }
  return results;
}

export const listUploads = async (attemptId: string): Promise<UploadBrief[]> =>
  (await ask<{ uploads: UploadBrief[] }>(uploadsUrl(attemptId))).uploads;

export const placeUploads = async (
  attemptId: string,
  uploads: { id: string; onConflict: "keepBoth" | "replace" }[],
): Promise<Placed[]> =>
  (await ask<{ results: Placed[] }>(`${uploadsUrl(attemptId)}/place`, post({ uploads }))).results;

/** Saves what an address gives, without leaving the page. */
export function download(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
