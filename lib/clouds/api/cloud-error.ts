import { AppError } from "@/lib/platform/errors";
import { type ErrorKind, rowOf } from "./error-table";

/** What the cloud said instead of doing it; `NoAnswer` where nobody knows whether it was done. */
export class CloudError extends Error {
  readonly kind: ErrorKind;
  readonly key: string;

  constructor(
    readonly action: string,
    readonly code: string,
    readonly status: number | null,
    message: string,
    /** When asking again is worth while, as far as the cloud or our budget says. */
    readonly retryAt: Date | null = null,
  ) {
    super(`${action}: ${code}: ${message}`);
    this.name = "CloudError";
    const row = rowOf(code, status);
    this.kind = row.kind;
    this.key = row.key;
  }
}

/**
 * The same for people. `unavailable` is worth asking again (`params.seconds`, where known); `hostUnreachable` is a
 * cloud that does not answer. Everything else stays as it is until somebody has seen to it.
 */
export function forPeople(error: unknown, now: Date): unknown {
  if (!(error instanceof CloudError)) return error;
  const { kind, key, code, action, retryAt } = error;
  const options = { cause: error };
  if (key === "noAnswer") return new AppError("unavailable", "hostUnreachable", {}, options);
  const seconds = retryAt ? Math.max(1, Math.ceil((retryAt.getTime() - now.getTime()) / 1_000)) : 5;
  const params = { code, action, seconds };
  if (kind === "again" || kind === "throttled" || kind === "wait") {
    return new AppError("unavailable", `cloud.${key}`, params, options);
  }
  return new AppError("conflict", `cloud.${key}`, params, options);
}
