import { apiRoute } from "@/lib/accounts";
import { issueTicket, ticketInput } from "@/lib/consoles";
import { invalid } from "@/lib/platform/errors";

export const POST = apiRoute(async ({ ctx, request }) => {
  const parsed = ticketInput.safeParse(await request.json().catch(() => undefined));
  if (!parsed.success) throw invalid("consoles.ticket");
  return Response.json(await issueTicket({ ctx, input: parsed.data }));
});
