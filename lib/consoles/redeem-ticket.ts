import { eq } from "drizzle-orm";
import { grants, tickets } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { sha256 } from "@/lib/platform/crypto";
import { forbidden } from "@/lib/platform/errors";
import { workspaceRoute } from "@/lib/workspaces";
import { findGrant, type Grant } from "./grants";
import { spendTicket } from "./route";

/**
 * Trades a ticket, brought to the workspace it was made for, for a grant: the token for that workspace's
 * cookie. The ticket is the proof of who comes; there is no other sign-in at a workspace's origin.
 */
export async function redeemTicket({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { label: string; ticket: string };
}): Promise<{ token: string; grant: Grant }> {
  const hash = sha256(input.ticket);
  const workspaceId = (await workspaceRoute(ctx.db, input.label))?.workspaceId;
  const now = ctx.clock.now();
  if (!workspaceId || !(await spendTicket(ctx.db, hash, workspaceId, now)))
    throw forbidden("consoles.ticketRefused");

  const [ticket] = await ctx.db.select().from(tickets).where(eq(tickets.hash, hash));
  if (!ticket) throw forbidden("consoles.ticketRefused");
  const token = ctx.newToken();
  await ctx.db.insert(grants).values({
    hash: sha256(token),
    userId: ticket.userId,
    sessionId: ticket.sessionId,
    workspaceId,
    mode: ticket.mode,
    createdAt: now,
  });
  // Signed out, suspended or stopped since the ticket was made: the grant is worth nothing already.
  const grant = await findGrant(sha256(token), ctx);
  if (!grant) throw forbidden("consoles.ticketRefused");
  return { token, grant };
}
