import { AsyncLocalStorage } from "node:async_hooks";

/** What log lines are about: added to every line that is written while it holds. */
export type LogContext = {
  requestId?: string;
  runId?: string;
  functionId?: string;
  workspaceId?: string;
  attemptId?: string;
};

// On globalThis: what server.ts opens, the code of Next's bundle must see.
const shared = globalThis as typeof globalThis & { labyardLogContext?: AsyncLocalStorage<LogContext> };
shared.labyardLogContext ??= new AsyncLocalStorage<LogContext>();
const storage = shared.labyardLogContext;

/** Runs `work` with these ids in every log line, beside those that hold already. */
export const withLogContext = <T>(context: LogContext, work: () => T): T =>
  storage.run({ ...storage.getStore(), ...context }, work);

/** Runs `work` with no ids: for what a request or run sets going, but which is not about it. */
export const withoutLogContext = <T>(work: () => T): T => storage.run({}, work);

export const logContext = (): LogContext | undefined => storage.getStore();
