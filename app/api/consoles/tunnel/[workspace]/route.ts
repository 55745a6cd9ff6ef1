import { apiRoute } from "@/lib/accounts";
import { answerTunnel } from "@/lib/consoles";
import { createCtx, nobody } from "@/lib/platform/context";

export const dynamic = "force-dynamic";

// Who comes is judged by the tunnel, in the words of its protocol; the origin is judged here.
const handle = apiRoute<{ workspace: string }>(
  ({ request }) => answerTunnel(request),
  async () => createCtx(nobody),
);

export { handle as GET, handle as POST };
