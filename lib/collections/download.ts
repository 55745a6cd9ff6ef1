import { Readable } from "node:stream";

type Download = {
  name: string;
  content: Readable;
  type?: string;
  size?: number;
  sha256?: string;
};

/** A file for saving, never for showing: its name in UTF-8 (RFC 5987) with an ASCII one for old programs. */
export function downloadResponse({
  name,
  content,
  type = "application/octet-stream",
  size,
  sha256,
}: Download): Response {
  const headers = new Headers({ "content-type": type, "content-disposition": disposition(name) });
  if (size !== undefined) headers.set("content-length", String(size));
  if (sha256) {
    headers.set("etag", `"${sha256}"`);
    headers.set("x-content-sha256", sha256);
  }
  return new Response(Readable.toWeb(content) as ReadableStream, { headers });
}

export function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const full = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}
