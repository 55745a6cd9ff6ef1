import { createHmac, timingSafeEqual } from "node:crypto";
import canonicalize from "canonicalize";
import { z } from "zod";

export type EventPayload = { id: string; name: string; data: Record<string, unknown>; ts: number };
export type ErrorInfo = { name: string; message: string; stack?: string };
export type Memo = { type: "data"; data: unknown } | { type: "error"; error: ErrorInfo };

/** What the SDK is asked: go on from these memos (`step`), or run this one parallel step. */
export type Call = {
  functionId: string;
  stepId: string;
  runId: string;
  attempt: number;
  maxAttempts: number;
  event: EventPayload;
  /** Memo by step, in order of completion. */
  memos: ReadonlyMap<string, Memo>;
  /** Other steps of this run are under way: report what is new, execute nothing unasked. */
  planOnly: boolean;
};

const opSchema = z.looseObject({
  id: z.string().min(1).max(40),
  op: z.string(),
  name: z.string().optional(),
  displayName: z.string().optional(),
  opts: z.record(z.string(), z.unknown()).nullish(),
  data: z.unknown().optional(),
  error: z.unknown().optional(),
});
export type Op = z.infer<typeof opSchema>;

export type Answer =
  | { kind: "ops"; ops: Op[]; noRetry: boolean; retryAfter: string | null }
  | { kind: "done"; output: unknown }
  | { kind: "error"; error: ErrorInfo; final: boolean; retryAfter: string | null }
  /** The code changed: the step that was to run is no longer there. */
  | { kind: "step-gone" }
  /** No usable answer. `started`: the call may have begun to run. */
  | { kind: "unreachable"; error: ErrorInfo; started: boolean }
  /** Claimed too often without an answer: this step kills its process. */
  | { kind: "poisoned"; starts: number };

/** The key without its `signkey-<env>-` prefix signs the JCS form of the body, then the time. */
export function signature(key: string, canonical: string, at: Date = new Date()): string {
  const seconds = Math.floor(at.getTime() / 1_000).toString();
  const hex = createHmac("sha256", key.replace(/^signkey-\w+-/, ""))
    .update(canonical)
    .update(seconds)
    .digest("hex");
  return `t=${seconds}&s=${hex}`;
}

/** Whether an answer was signed with the same key less than five minutes ago. */
export function verifySignature(key: string, text: string, header: string | null): boolean {
  const given = new URLSearchParams(header ?? "");
  const seconds = Number(given.get("t"));
  if (!Number.isFinite(seconds) || Math.abs(Date.now() / 1_000 - seconds) > 300) return false;
  const wanted = new URLSearchParams(signature(key, text, new Date(seconds * 1_000))).get("s") ?? "";
  const left = Buffer.from(given.get("s") ?? "");
  const right = Buffer.from(wanted);
  return left.length === right.length && timingSafeEqual(left, right);
}

export type Endpoint = { url: string; signingKey: string };

function request(
  endpoint: Endpoint,
  method: "POST" | "PUT",
  search: Record<string, string>,
  body: unknown,
  headers: Record<string, string> = {},
) {
  const text = canonicalize(body) ?? "";
  const url = new URL(endpoint.url);
  for (const [key, value] of Object.entries(search)) url.searchParams.set(key, value);
  return new Request(url, {
    method,
    body: text,
    headers: {
      host: url.host,
      "content-type": "application/json",
      "x-inngest-signature": signature(endpoint.signingKey, text),
      "x-inngest-server-kind": "cloud",
      ...headers,
    },
  });
}

/** Asks which functions there are; answered without a call back. */
export const syncRequest = (endpoint: Endpoint): Request =>
  request(endpoint, "PUT", {}, { url: endpoint.url }, { "x-inngest-sync-kind": "in_band" });

/** Asks the SDK to register its functions with the real Inngest server that it is configured for. */
export const registerRequest = (endpoint: Endpoint): Request =>
  request(endpoint, "PUT", {}, { url: endpoint.url });

export const callRequest = (endpoint: Endpoint, call: Call): Request =>
  request(
    endpoint,
    "POST",
    { fnId: call.functionId, stepId: call.stepId },
    {
      version: 2,
      event: call.event,
      events: [call.event],
      steps: Object.fromEntries(call.memos),
      // Without ctx.fn_id the SDK's checkpointing is off: every step comes back to us.
      ctx: {
        run_id: call.runId,
        attempt: call.attempt,
        max_attempts: call.maxAttempts,
        disable_immediate_execution: call.planOnly,
        use_api: false,
        stack: { stack: [...call.memos.keys()], current: call.memos.size },
      },
    },
  );

/** Any error shape that the SDK sends, as one. */
export function errorInfo(raw: unknown): ErrorInfo {
  const found = z
    .looseObject({
      name: z.string().optional(),
      message: z.string().optional(),
      error: z.string().optional(),
      stack: z.string().optional(),
    })
    .safeParse(raw);
  if (!found.success) return { name: "Error", message: typeof raw === "string" ? raw : "Unknown error" };
  const { name, message, error, stack, ...rest } = found.data;
  return { ...rest, name: name ?? "Error", message: message ?? error ?? "Unknown error", stack };
}

const unreachable = (message: string, started: boolean): Answer => ({
  kind: "unreachable",
  error: { name: "CallError", message },
  started,
});

/** A bound of ours, below what one row of the database may hold. */
const largest = 4 * 2 ** 20;

export async function readAnswer(endpoint: Endpoint, response: Response): Promise<Answer> {
  const text = await response.text();
  const header = (name: string) => response.headers.get(name);
  const { status } = response;
  if (status === 401 || status === 404 || status === 405) {
    return unreachable(`the functions' endpoint answered ${status}: wrong signing key or address`, false);
  }
  if (text.length > largest) {
    const message = `The result is larger than ${largest / 2 ** 20} MB; keep it elsewhere and give back its name.`;
    return { kind: "error", error: { name: "TooLargeError", message }, final: true, retryAfter: null };
  }
  let body: unknown;
  try {
    body = text === "" ? null : JSON.parse(text);
  } catch {
    return unreachable(`the functions' endpoint answered ${status} without JSON`, true);
  }
  if (!verifySignature(endpoint.signingKey, text, header("x-inngest-signature"))) {
    return unreachable(`the answer (${status}) is not signed with our key`, true);
  }
  if (status === 200) return { kind: "done", output: body };
  const noRetry = header("x-inngest-no-retry");
  const retryAfter = header("retry-after");
  if (status === 206) {
    const ops = z.array(opSchema).safeParse(Array.isArray(body) ? body : [body]);
    if (!ops.success) return unreachable(`steps not understood: ${z.prettifyError(ops.error)}`, true);
    return { kind: "ops", ops: ops.data, noRetry: noRetry === "true", retryAfter };
  }
  if (typeof body === "object" && body !== null && "foundSteps" in body) return { kind: "step-gone" };
  return { kind: "error", error: errorInfo(body), final: noRetry === "true", retryAfter };
}

/** The function configs out of an in-band sync answer. */
export async function readSync(endpoint: Endpoint, response: Response): Promise<unknown[]> {
  const text = await response.text();
  if (response.status !== 200) {
    throw new Error(
      `Registration of the durable functions was answered ${response.status}: ${text.slice(0, 300)}`,
    );
  }
  if (!verifySignature(endpoint.signingKey, text, response.headers.get("x-inngest-signature"))) {
    throw new Error("Registration of the durable functions: the answer is not signed with our key.");
  }
  return z.object({ functions: z.array(z.unknown()) }).parse(JSON.parse(text)).functions;
}
