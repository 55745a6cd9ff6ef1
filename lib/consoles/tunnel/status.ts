/** Guacamole's own status codes, as far as we say or meet them. The client makes sentences of them. */
export const status = {
  success: 0x0000,
  serverError: 0x0200,
  /** This service restarts, or cannot tell now who may: come back at once. */
  serverBusy: 0x0201,
  /** guacd, or the desktop behind it, was asked and says nothing. */
  upstreamTimeout: 0x0202,
  /** guacd broke off, or spoke what nobody understands. */
  upstreamError: 0x0203,
  notFound: 0x0204,
  /** The desktop behind guacd refuses or cannot be reached. */
  upstreamNotFound: 0x0207,
  /** There is no guacd to ask, or the workspace is paused. */
  upstreamUnavailable: 0x0208,
  /** The right to it ended: signed out, stopped, watch over. */
  sessionClosed: 0x020b,
  badRequest: 0x0300,
  /** The desktop asks for a password that the service does not have. */
  unauthorized: 0x0301,
  forbidden: 0x0303,
  clientTimeout: 0x0308,
  overrun: 0x030d,
  tooMany: 0x031d,
} as const;

export type Status = number;

/** What ends a tunnel, with the status that its browser is told. */
export class TunnelError extends Error {
  constructor(
    readonly status: Status,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = "TunnelError";
  }
}

/** Two bundles (Next and server.ts) have two copies of the class. */
export const statusOf = (error: unknown): Status =>
  error instanceof Error && error.name === "TunnelError" ? (error as TunnelError).status : status.serverError;

const policy = new Set([0x0201, 0x0205, 0x0209, 0x0301, 0x0303, 0x031d]);
const protocol = new Set([0x0204, 0x0206, 0x020a, 0x020b, 0x0300, 0x0308]);

/** The WebSocket close code that goes with a status; the status itself is the close reason, in decimals. */
export function webSocketCode(code: Status): number {
  if (code === status.success) return 1000;
  if (code === status.overrun) return 1009;
  if (code === 0x030f) return 1003;
  if (policy.has(code)) return 1008;
  return protocol.has(code) ? 1002 : 1011;
}

/** The HTTP status that goes with one, for the answers of the HTTP tunnel. */
export function httpStatusOf(code: Status): number {
  if (code === status.success) return 200;
  if (code === status.notFound) return 404;
  if (code === status.unauthorized || code === status.forbidden) return 403;
  if (code === status.overrun) return 413;
  if (code === status.clientTimeout) return 408;
  if (code >= 0x0300) return 400;
  if (code === status.serverBusy || code === status.upstreamUnavailable) return 503;
  return code === status.serverError ? 500 : 502;
}
