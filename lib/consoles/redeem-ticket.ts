import { eq } from "drizzle-orm";
import { grants, tickets } from "@/db/schema/workspaces";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { sha256 } from "@/lib/platform/crypto";
import { forbidden } from "@/lib/platform/errors";
import { workspaceRoute } from "@/lib/workspaces";
import { findGrant, type Grant } from "./grants";
import { spendTicket } from "./rights";
import { type EnterInput, enterInput } from "./schema";

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
  if (!workspaceId || !(await spendTicket(ctx.db, hash, { workspaceId, kind: "web" }, ctx.clock.now())))
    throw forbidden("consoles.ticketRefused");
  return grantFor(ctx, hash);
}

/**
 * Trades a ticket for the right to open one desktop or terminal: only for the person and session that it was
 * made for, of that workspace and kind and in that mode. What is opened under the grant goes into `grant.open`, and is
 * closed with it: at sign-out, stop, pause, suspension, or when a watch ends.
 */
export async function redeemConsoleTicket({ ctx, input }: { ctx: Ctx; input: EnterInput }): Promise<Grant> {
  const actor = requireUser(ctx);
  const parsed = enterInput.safeParse(input);
  if (!parsed.success) throw forbidden("consoles.ticketRefused");
  const { ticket, kind, workspaceId, mode } = parsed.data;
  const hash = sha256(ticket);
  const made = { kind, workspaceId, mode, userId: actor.id, sessionId: actor.sessionId };
  if (!(await spendTicket(ctx.db, hash, made, ctx.clock.now()))) throw forbidden("consoles.ticketRefused");
  return (await grantFor(ctx, hash)).grant;
}

async function grantFor(ctx: Ctx, hash: string): Promise<{ token: string; grant: Grant }> {
  const [ticket] = await ctx.db.select().from(tickets).where(eq(tickets.hash, hash));
  if (!ticket) throw forbidden("consoles.ticketRefused");
  const token = ctx.newToken();
  await ctx.db.insert(grants).values({
    hash: sha256(token),
    userId: ticket.userId,
    sessionId: ticket.sessionId,
    workspaceId: ticket.workspaceId,
    kind: ticket.kind,
    mode: ticket.mode,
    createdAt: ctx.clock.now(),
  });
  // Signed out, suspended or stopped since the ticket was made: the grant is worth nothing already.
  const grant = await findGrant(sha256(token), ctx);
  if (!grant) throw forbidden("consoles.ticketRefused");
  return { token, grant };
}
