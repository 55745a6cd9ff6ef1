import { Middleware } from "inngest";
import { withLogContext } from "@/lib/platform/log-context";

const word = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

type Given = { ctx: { runId: string; event: { data?: unknown } }; fn: { id(prefix?: string): string } };

/** What the event of a run is about; of a failure's event, what failed. */
function idsOf({ ctx, fn }: Given) {
  const data = (ctx.event.data ?? {}) as Record<string, unknown>;
  const failed = (data.event as { data?: Record<string, unknown> } | undefined)?.data ?? {};
  const workspaceId = word(data.workspaceId) ?? word(failed.workspaceId);
  const attemptId = word(data.attemptId) ?? word(failed.attemptId);
  return {
    runId: ctx.runId,
    functionId: fn.id(),
    ...(workspaceId ? { workspaceId } : {}),
    ...(attemptId ? { attemptId } : {}),
  };
}

/** Every line that a function or one of its steps writes names its run, workspace and attempt. */
export class LogMiddleware extends Middleware.BaseMiddleware {
  readonly id = "labyard-log";

  override wrapFunctionHandler(args: Middleware.WrapFunctionHandlerArgs) {
    return withLogContext(idsOf(args as Given), () => args.next());
  }

  // Steps are not run inside the handler's own call.
  override wrapStepHandler(args: Middleware.WrapStepHandlerArgs) {
    return withLogContext(idsOf(args as Given), () => args.next());
  }
}
