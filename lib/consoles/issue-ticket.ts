import { tickets } from "@/db/schema/workspaces";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { sha256 } from "@/lib/platform/crypto";
import { conflict, invalid } from "@/lib/platform/errors";
import { originOf } from "@/lib/platform/origins";
import { requireConsent } from "@/lib/recordings";
import { loadWorkspace } from "@/lib/workspaces";
import { watchState } from "./rights";
import { type TicketInput, ticketInput } from "./schema";

const ticketSeconds = 30;

export type IssuedTicket = {
  /** Goes into the form field `ticket`; shown to nobody, and only its hash is kept. */
  ticket: string;
  /** Where the form of a page inside (`web`) is posted to: never with the ticket in the address. */
  action: string;
};

/**
 * A proof for one person, session, workspace, kind and mode that opens a console once within 30 s. Staff who
 * watch get one to watch, and one to use while the student lets them; never one for the page inside.
 */
export async function issueTicket({ ctx, input }: { ctx: Ctx; input: TicketInput }): Promise<IssuedTicket> {
  const actor = requireUser(ctx);
  const parsed = ticketInput.safeParse(input);
  if (!parsed.success) throw invalid("consoles.ticket");
  const { workspaceId, kind, mode } = parsed.data;
  const watching = kind === "web" ? null : await watchState(ctx.db, workspaceId, actor.id, ctx.clock.now());
  const asWatcher = mode === "watch" || watching === "controlling";
  const workspace = await loadWorkspace(ctx, workspaceId, asWatcher ? "watch" : "use");
  // A desktop has no page inside: its port is for guacd alone.
  if (kind === "web" && workspace.protocol !== "jupyter") throw invalid("consoles.ticket");
  if (asWatcher && watching === null) throw conflict("consoles.notWatching");
  if (kind !== "web" && !asWatcher) await requireConsent(ctx, workspace);
  if (workspace.desired !== "running" || ["stopping", "stopped", "failed"].includes(workspace.state))
    throw conflict("consoles.ended");
  if (workspace.state !== "ready") throw conflict("consoles.notReady");

  const ticket = ctx.newToken();
  await ctx.db.insert(tickets).values({
    hash: sha256(ticket),
    userId: actor.id,
    sessionId: actor.sessionId,
    workspaceId: workspace.id,
    kind,
    mode,
    expiresAt: new Date(ctx.clock.now().getTime() + ticketSeconds * 1000),
  });
  return { ticket, action: `${originOf(workspace.label)}/__lab/enter` };
}
