import type { Readable } from "node:stream";
import { downloadResponse } from "@/lib/collections";
import type { Ctx } from "@/lib/platform/context";
import { readFile } from "./read";
import { nameOf } from "./schema";

/** The one form of range that browsers ask for when they go on with a download: `bytes=100-`, `bytes=0-99`. */
function rangeOf(header: string | null): { start: number; length: number } | undefined {
  const [, from, to] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (from === undefined) return undefined;
  const start = Number(from);
  const length = to ? Number(to) - start + 1 : Number.MAX_SAFE_INTEGER;
  return length > 0 ? { start, length } : undefined;
}

/** A file of a home for saving; with a range, and the version that it is a range of, a part of it. */
export async function serveFile({
  ctx,
  input,
  headers,
}: {
  ctx: Ctx;
  input: { attemptId: string; path: string };
  headers: Headers;
}): Promise<Response> {
  const part = rangeOf(headers.get("range"));
  let file = await readFile({ ctx, input: { ...input, part } });
  const etag = (version: string) => `"${version}"`;
  const asked = headers.get("if-range");
  const isPart = part !== undefined && (asked === null || asked === etag(file.version));
  if (part && !isPart) {
    // It is another file by now: all of it.
    file.content.destroy();
    file = await readFile({ ctx, input });
  }
  const { size, version, content } = file;
  const extra = { "accept-ranges": "bytes", etag: etag(version) };
  if (!isPart || !part) return download(nameOf(input.path), content, size, extra);
  if (part.start >= size) {
    content.destroy();
    return new Response(null, { status: 416, headers: { ...extra, "content-range": `bytes */${size}` } });
  }
  const length = Math.min(part.length, size - part.start);
  const range = `bytes ${part.start}-${part.start + length - 1}/${size}`;
  return download(nameOf(input.path), content, length, { ...extra, "content-range": range }, 206);
}

function download(
  name: string,
  content: Readable,
  size: number,
  extra: Record<string, string>,
  status = 200,
): Response {
  const whole = downloadResponse({ name: name || "file", content, size });
  const headers = new Headers(whole.headers);
  for (const [key, value] of Object.entries(extra)) headers.set(key, value);
  return new Response(whole.body, { status, headers });
}
