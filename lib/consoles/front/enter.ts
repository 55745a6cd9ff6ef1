import type { IncomingMessage, ServerResponse } from "node:http";
import { createCtx, nobody } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { grantCookie, type Origins } from "@/lib/platform/origins";
import { landingPath } from "../proxy/paths";
import { redeemTicket } from "../redeem-ticket";
import { answerNotice, answerPlain, sentence } from "./pages";

const mostBytes = 4096;

/**
 * `POST /__lab/enter` at a workspace's origin: the form of the app's page brings a ticket, the browser
 * leaves with this workspace's cookie. Only a form of the app itself: a ticket in an address, or a form
 * of another page, could lure a person into a workspace that is not theirs.
 */
export async function enter(
  req: IncomingMessage,
  res: ServerResponse,
  label: string,
  at: Origins,
): Promise<void> {
  if (req.method !== "POST")
    return answerPlain(req, res, 405, sentence(req, "ticket.text"), { Allow: "POST" });
  if (req.headers.origin !== at.app) return answerPlain(req, res, 403, sentence(req, "refused"));
  if (!/^application\/x-www-form-urlencoded\b/i.test(req.headers["content-type"] ?? ""))
    return answerPlain(req, res, 415, sentence(req, "ticket.text"));
  const body = await readBody(req);
  if (body === null) return answerPlain(req, res, 413, sentence(req, "ticket.text"));
  const form = new URLSearchParams(body);
  const ctx = createCtx(nobody);
  try {
    const { token, grant } = await redeemTicket({ ctx, input: { label, ticket: form.get("ticket") ?? "" } });
    ctx.log.info({ workspaceId: grant.workspaceId, userId: grant.userId }, "console entered");
    res.writeHead(303, {
      Location: landingPath(form.get("next")),
      "Set-Cookie": grantCookie(label, token, at),
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
      "Content-Length": 0,
    });
    res.end();
  } catch (error) {
    const { code } = toAppError(error);
    if (code === "forbidden") return answerNotice(req, res, "ticket", at);
    ctx.log.error({ err: error }, "entering a console failed");
    answerNotice(req, res, "ticket", at, { status: 503 });
  }
}

async function readBody(req: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
