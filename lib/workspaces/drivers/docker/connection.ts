import Docker from "dockerode";
import { AppError, driverCode, unavailable } from "@/lib/platform/errors";

const callTimeout = 25_000;

type Clients = { calls: Docker; streams: Docker };

// One pair of clients an endpoint; on globalThis, because Next and server.ts are two bundles.
const shared = globalThis as typeof globalThis & { labyardDocker?: Map<string, Clients> };

function connect(endpoint: string): Clients {
  const url = new URL(endpoint);
  const where =
    url.protocol === "unix:"
      ? { socketPath: url.pathname, host: undefined, port: undefined }
      : { socketPath: undefined, host: url.hostname, port: url.port || "2375", protocol: "http" as const };
  if (url.protocol !== "unix:" && url.protocol !== "tcp:") throw unavailable("hostUnreachable");
  return { calls: new Docker({ ...where, timeout: callTimeout }), streams: new Docker(where) };
}

function clients(endpoint: string): Clients {
  shared.labyardDocker ??= new Map();
  const found = shared.labyardDocker.get(endpoint) ?? connect(endpoint);
  shared.labyardDocker.set(endpoint, found);
  return found;
}

/** For calls that answer at once: given up after 25 s of silence. */
export const engine = (endpoint: string): Docker => clients(endpoint).calls;

/** For streams that may rest while their reader is busy: no timeout of their own. */
export const engineStreams = (endpoint: string): Docker => clients(endpoint).streams;

/** The status with which the engine answered, or undefined when it did not answer at all. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : undefined;

const silence = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EACCES",
  "ECONNABORTED",
  "ABORT_ERR",
]);

/** An engine that does not answer is `hostUnreachable`; one that answers with an error is `hostError`. */
export function asHostError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = driverCode(error);
  if (statusOf(error) === undefined && (code === undefined || !silence.has(code))) {
    return new AppError("internal", "internal", {}, { cause: error });
  }
  if (statusOf(error) === 500 && /no space left on device/i.test((error as Error).message)) {
    return unavailable("hostDiskFull", error);
  }
  return unavailable(statusOf(error) === undefined ? "hostUnreachable" : "hostError", error);
}

type Gate = { hung: number; openUntil: number };

const sharedGates = globalThis as typeof globalThis & { labyardGates?: Map<string, Gate> };
const hungMs = 10_000;
const restMs = 5_000;

/**
 * Runs one piece of work with an engine and turns its errors into ours. After two calls in a row that hung,
 * it is not asked again for 5 s, then by one caller at a time until it answers: whoever waits for another
 * host, or for a page, must not wait for this one.
 */
export async function withEngine<T>(endpoint: string, work: (docker: Docker) => Promise<T>): Promise<T> {
  sharedGates.labyardGates ??= new Map();
  const gates = sharedGates.labyardGates;
  const gate = gates.get(endpoint);
  const began = performance.now();
  if (gate && gate.hung > 1) {
    if (began < gate.openUntil) throw unavailable("hostUnreachable");
    gate.openUntil = began + callTimeout;
  }
  try {
    const result = await work(engine(endpoint));
    gates.delete(endpoint);
    return result;
  } catch (error) {
    const mapped = asHostError(error);
    const now = performance.now();
    if (mapped.key !== "hostUnreachable") gates.delete(endpoint);
    else if (now - began > hungMs) {
      gates.set(endpoint, { hung: (gates.get(endpoint)?.hung ?? 0) + 1, openUntil: now + restMs });
    }
    throw mapped;
  }
}

/** `undefined` where the engine says that there is no such thing. */
export async function orMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** For an answer that a stream's client waits for: `hostUnreachable` when it does not come. */
export function answered<T>(call: Promise<T>, ms = callTimeout): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable("hostUnreachable")), ms);
  });
  return Promise.race([call, late]).finally(() => clearTimeout(timer));
}
