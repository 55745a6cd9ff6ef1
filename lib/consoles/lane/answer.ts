import { STATUS_CODES } from "node:http";
import type { Origins } from "@/lib/platform/origins";
import { responseHeaders } from "../proxy/headers";
import { readFields } from "./head";
import { asLines } from "./request";

/** What tells where an answer ends; said twice, two readers may differ. */
const framing = new Set(["content-length", "transfer-encoding", "connection", "trailer"]);

/** An answer's head as it goes to the browser, and how long what follows is. */
export type AnswerHead = {
  status: number;
  /** Bytes of the head as it came. */
  bytes: number;
  outward: string;
  /** Bytes of the body; null: in chunks. */
  length: number | null;
  /** The connection inside may be used again. */
  again: boolean;
};

/**
 * Reads the head of an answer, all of it to the empty line, as strictly as it can be read, and writes the one
 * for the browser. Null for anything unusual. Throws ForeignRedirect.
 */
export function readAnswer(head: string, host: string, at: Origins): AnswerHead | null {
  const end = head.indexOf("\r\n");
  const status = Number(/^HTTP\/1\.1 ([2-5]\d\d) [\t\x20-\x7e]*$/.exec(head.slice(0, end))?.[1] ?? 0);
  const fields = readFields(head.slice(end + 2, -2), (name) => framing.has(name));
  if (!status || !fields) return null;
  const { connection, trailer, "transfer-encoding": coding, "content-length": said } = fields.of;
  const bodiless = status === 204 || status === 304;
  if (trailer !== undefined || (coding !== undefined && coding.toLowerCase() !== "chunked")) return null;
  // Said in both ways, not said at all, or said of nothing: readers differ.
  if (status === 204 && said !== undefined) return null;
  if (bodiless ? coding !== undefined : (coding === undefined) === (said === undefined)) return null;
  if (said !== undefined && !/^(0|[1-9]\d{0,14})$/.test(said)) return null;
  const headers = responseHeaders(fields.raw, host, at);
  if (coding !== undefined) headers.push("Transfer-Encoding", "chunked");
  return {
    status,
    bytes: head.length,
    outward: `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${asLines(headers)}`,
    length: coding !== undefined ? null : bodiless ? 0 : Number(said),
    again: !/\bclose\b/i.test(connection ?? ""),
  };
}
