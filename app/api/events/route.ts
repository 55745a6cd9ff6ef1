import { apiRoute, onSessionEnded, requestCtx, sessionAlive } from "@/lib/accounts";
import { authorizeTopics, type TopicCheckers, watchChanges } from "@/lib/changes";
import { canWatchExperiment } from "@/lib/experiments";
import { toAppError } from "@/lib/platform/errors";
import { canSeePool, canSeeWorkspace } from "@/lib/workspaces";

export const dynamic = "force-dynamic";

const checkers: TopicCheckers = {
  experiment: canWatchExperiment,
  workspace: canSeeWorkspace,
  template: canSeePool,
};

/** The one live stream of a page (SSE): `?topics=user:me,experiment:ID`, resumed by Last-Event-ID. */
export const GET = apiRoute(async ({ ctx, request }) => {
  const url = new URL(request.url);
  const asked = url.searchParams.get("topics") ?? "";
  const topics = await authorizeTopics({ ctx, input: asked, checkers });
  const sessionId = ctx.actor.type === "user" ? ctx.actor.sessionId : "";
  const body = await watchChanges({
    ctx,
    topics,
    lastId: request.headers.get("last-event-id") ?? url.searchParams.get("after"),
    owner: sessionId,
    signal: request.signal,
    alive: () => sessionAlive(sessionId),
    onEnded: (end) => onSessionEnded((ended) => ended === sessionId && end()),
    // Rights change while a stream is open: asked again with the person as they are now.
    allowed: async () => {
      const now = await requestCtx(request);
      return authorizeTopics({ ctx: now, input: asked, checkers }).then(
        (still) => [...topics.keys()].every((topic) => still.has(topic)),
        (error: unknown) => {
          if (toAppError(error).code === "unavailable") throw error;
          return false;
        },
      );
    },
  });
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "private, no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
});
