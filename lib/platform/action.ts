import type { Logger } from "pino";
import { type AppError, type ErrorCode, type ErrorParams, toAppError } from "./errors";

export type ActionError = {
  code: ErrorCode;
  key: string;
  params: ErrorParams;
  /** A sentence in the person's language that says what to do. */
  message: string;
  /** Field name → key of its sentence, for forms. */
  fields?: Record<string, string>;
  requestId: string;
};

/** What every server action answers; it never throws at the browser. */
export type ActionResult<T> = { ok: true; data: T } | { ok: false; error: ActionError };

/** Translates a key under `errors`; undefined where there is no such sentence. */
export type Translate = (key: string, params: ErrorParams) => string | undefined;

type Reporter = { requestId: string; log: Pick<Logger, "error" | "warn"> };

/** The one mapper from any thrown thing to what a person is told; what is not expected goes to the log. */
export function toActionError(
  thrown: unknown,
  { requestId, log }: Reporter,
  translate: Translate,
): ActionError {
  const error = toAppError(thrown);
  if (error.code === "internal") log.error({ err: error.cause ?? thrown, requestId }, "unexpected error");
  else if (error.code === "unavailable")
    log.warn({ err: error.cause ?? thrown, requestId, key: error.key }, "unavailable");
  return {
    code: error.code,
    key: error.key,
    params: error.params,
    message: sentence(error, requestId, translate),
    fields: error.fields,
    requestId,
  };
}

const sentence = (error: AppError, requestId: string, translate: Translate): string => {
  const params = { ...error.params, requestId };
  return translate(error.key, params) ?? translate(error.code, params) ?? error.code;
};

/** Seconds after which a refused request is worth trying again; undefined where it never is. */
export function retryAfter(error: Pick<ActionError, "code" | "params">): number | undefined {
  if (error.code === "unavailable") return 5;
  if (error.code !== "limit") return undefined;
  const { seconds } = error.params;
  return typeof seconds === "number" ? Math.max(1, Math.ceil(seconds)) : 5;
}
