/**
 * The one error family. `code` decides the transport's status, `key` names the sentence in
 * messages/<locale>/errors.*.json that tells a person what to do, `params` fills it.
 */
export type ErrorCode =
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "invalid"
  | "conflict"
  | "limit"
  | "unavailable"
  | "internal";

export type ErrorParams = Record<string, string | number>;

export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly key: string = code,
    readonly params: ErrorParams = {},
    options?: { cause?: unknown; fields?: Record<string, string> },
  ) {
    super(`${code}: ${key}`, options);
    this.name = "AppError";
    this.fields = options?.fields;
  }
  /** Field name → message key, for forms. */
  readonly fields?: Record<string, string>;
}

export const unauthenticated = () => new AppError("unauthenticated");
export const forbidden = (key = "forbidden") => new AppError("forbidden", key);
export const notFound = (what: string) => new AppError("not_found", `notFound.${what}`);
export const conflict = (key: string, params?: ErrorParams) => new AppError("conflict", key, params);
export const limit = (key: string, params?: ErrorParams) => new AppError("limit", key, params);
export const invalid = (key: string, fields?: Record<string, string>) =>
  new AppError("invalid", key, {}, { fields });
export const unavailable = (key: string, cause?: unknown) => new AppError("unavailable", key, {}, { cause });

const statuses: Record<ErrorCode, number> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  invalid: 400,
  conflict: 409,
  limit: 429,
  unavailable: 503,
  internal: 500,
};

/** A full disk has a status of its own: trying again brings nothing until somebody makes room. */
const full = new Set(["fileStoreFull", "hostDiskFull"]);

export const httpStatus = ({ code, key }: { code: ErrorCode; key: string }) =>
  full.has(key) ? 507 : statuses[code];

const databaseDown = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
  "ETIMEDOUT",
  "EPIPE",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "POOL_QUEUE_FULL",
  "POOL_ACQUIRE_TIMEOUT",
  "ER_CONNECTION_KILLED",
  "ER_SERVER_SHUTDOWN",
  "ER_CON_COUNT_ERROR",
]);

/** The database answers, but takes nothing: switched to reading only, or its disk is full. */
const databaseReadOnly = new Set([
  "ER_OPTION_PREVENTS_STATEMENT",
  "ER_READ_ONLY_MODE",
  "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION",
  "ER_RECORD_FILE_FULL",
  "ER_DISK_FULL",
  "ER_ERROR_ON_WRITE",
]);

/** Others held the same rows, and so for every repeat. */
const databaseBusy = new Set(["ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_DEADLOCK"]);

/** Walks the causes of a driver error for its code, such as `ER_DUP_ENTRY` or `ECONNREFUSED`. */
export function driverCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
    // mysql2 has no code for a command on a connection that is lost, or for one too many in its queue.
    if ("fatal" in at && at.fatal === true) return "PROTOCOL_CONNECTION_LOST";
    if (at.message === "Queue limit reached.") return "POOL_QUEUE_FULL";
  }
  return undefined;
}

export const isDuplicate = (error: unknown) => driverCode(error) === "ER_DUP_ENTRY";

/** Any error as one of the family: what is not ours becomes `internal`, a lost database `unavailable`. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  // Two bundles (Next and server.ts) have two copies of the class.
  if (error instanceof Error && error.name === "AppError") return error as AppError;
  const code = driverCode(error);
  if (code && databaseDown.has(code)) return unavailable("databaseDown", error);
  if (code && databaseReadOnly.has(code)) return unavailable("databaseReadOnly", error);
  if (code && databaseBusy.has(code)) return unavailable("databaseBusy", error);
  return new AppError("internal", "internal", {}, { cause: error });
}
