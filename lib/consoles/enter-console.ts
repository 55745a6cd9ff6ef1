import type { IncomingMessage } from "node:http";
import { ctxOfCookieHeader } from "@/lib/accounts";
import type { Grant } from "./grants";
import { redeemConsoleTicket } from "./redeem-ticket";

/**
 * Who opens a desktop or terminal by this request, and under which grant: the cookie says who, the ticket in
 * the query (`?ticket=…&mode=use|watch`) what for. Its origin has been judged before. Throws the family's errors.
 */
export async function enterConsole(
  req: IncomingMessage,
  kind: "desktop" | "terminal",
): Promise<{ grant: Grant; query: URLSearchParams }> {
  const query = new URL(req.url ?? "/", "http://app").searchParams;
  const ctx = await ctxOfCookieHeader(req.headers.cookie);
  const mode = query.get("mode") === "watch" ? "watch" : "use";
  const input = { ticket: query.get("ticket") ?? "", kind, mode } as const;
  const grant = await redeemConsoleTicket({ ctx, input });
  ctx.log.info({ workspaceId: grant.workspaceId, kind, mode }, "console entered");
  return { grant, query };
}
