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
