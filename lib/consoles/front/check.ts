import type { IncomingMessage } from "node:http";

/**
 * What no honest browser sends and what proxies and servers read in two ways. Node's parser refuses the
 * rest (header block over 16 KB, Content-Length with Transfer-Encoding, a missing Host in HTTP/1.1).
 */
export function isWellFormed(req: IncomingMessage): boolean {
  const target = req.url ?? "";
  // An absolute-form target names another host than Host does.
  if (target.charCodeAt(0) !== 47) return false;
  if (req.headers["transfer-encoding"] !== undefined && req.headers["content-length"] !== undefined)
    return false;
  let hosts = 0;
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts === 1;
}

const mb = 1024 ** 2;
/** Goes to disk as it comes, within limits of its own. */
const streamed = /^\/api\/(attachments|attempts\/\w+\/uploads(\/(?!place(\?|$))[\w-]+)?)(\?|$)/;
/** A server action may have 4 MB; a call of the executor brings what the steps before it gave. */
const mostBody = 5 * mb;
const mostJob = 64 * mb;

/**
 * Why the app does not get to read a body: 411, it does not say how long it is; 413, it is too long. Handlers read theirs
 * whole, and most before they know who sends it.
 */
export function refusedBody({ url = "/", headers }: IncomingMessage): 411 | 413 | null {
  if (streamed.test(url)) return null;
  if (headers["transfer-encoding"] !== undefined) return 411;
  const most = url.startsWith("/api/inngest") ? mostJob : mostBody;
  return Number(headers["content-length"] ?? 0) > most ? 413 : null;
}
