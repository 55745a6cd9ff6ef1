import pino from "pino";
import { env } from "./env";
import { logContext } from "./log-context";

const shared = globalThis as typeof globalThis & { labyardLog?: pino.Logger };

/**
 * Structured log of this process, a JSON object a line. Lines carry the request, run and workspace that they
 * are about (log-context.ts); secrets are redacted wherever they turn up by these names.
 */
export function log(): pino.Logger {
  shared.labyardLog ??= pino(logOptions());
  return shared.labyardLog;
}

/** Names under which secrets turn up, at the top, in what is logged, or among its headers. */
const secretNames = [
  "password",
  "token",
  "secret",
  "ticket",
  "cookie",
  "Cookie",
  "authorization",
  "Authorization",
];

export function logOptions(): pino.LoggerOptions {
  return {
    level: env().LOG_LEVEL,
    base: { deploy: env().DEPLOY_ID },
    mixin: () => ({ ...logContext() }),
    redact: {
      paths: [
        ...secretNames,
        ...secretNames.map((name) => `*.${name}`),
        ...secretNames.map((name) => `*.headers.${name}`),
      ],
      censor: "[redacted]",
    },
  };
}
