import { ctxOfCookieHeader } from "@/lib/accounts";
import type { Ctx } from "@/lib/platform/context";
import type { Grant } from "./grants";
import { redeemConsoleTicket } from "./redeem-ticket";

/**
 * Which workspace's desktop or terminal an address is of. It is in the path so that a load balancer can bring
 * all who are in one workspace to the copy of the service that holds what they share; the ticket must be for it.
 */
export function consoleOf(target: string): { kind: "desktop" | "terminal"; workspaceId: string } | null {
  const [, name, workspaceId = ""] =
    /^\/api\/consoles\/(tunnel|terminal)\/([0-9A-Z]{26})(?:\?|$)/.exec(target) ?? [];
  if (!name) return null;
  return { kind: name === "tunnel" ? "desktop" : "terminal", workspaceId };
}

/**
 * Who opens a console, and under which grant: the cookie says who, the ticket what for. The origin has been judged
 * before. Throws the family's errors.
 */
export async function enterConsole(asked: {
  target: string;
  cookie: string | undefined;
  ticket: string | null | undefined;
  mode: string | null | undefined;
}): Promise<{ ctx: Ctx; grant: Grant }> {
  const ctx = await ctxOfCookieHeader(asked.cookie);
  const mode = asked.mode === "watch" ? "watch" : "use";
  const { kind, workspaceId } = consoleOf(asked.target) ?? { kind: "desktop", workspaceId: "" };
  const grant = await redeemConsoleTicket({
    ctx,
    input: { ticket: asked.ticket ?? "", kind, workspaceId, mode },
  });
  ctx.log.info({ workspaceId, kind, mode }, "console entered");
  return { ctx, grant };
}
