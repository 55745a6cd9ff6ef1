import { Cron } from "croner";
import { z } from "zod";
import { parseDuration } from "./duration";
import { type Expr, parseExpr, usesAsync } from "./expr";

const concurrency = z.strictObject({
  limit: z.number().int().positive(),
  key: z.string().optional(),
  scope: z.enum(["fn", "env", "account"]).optional(),
});

const ascii = (length: number) =>
  z
    .string()
    .max(length)
    .regex(/^[!-~]+$/, "only printable ASCII, no spaces");

/** A function as the SDK's in-band sync describes it. Strict: a feature we do not know is refused, not ignored. */
const functionSchema = z.strictObject({
  id: ascii(160),
  name: z.string().optional(),
  triggers: z.array(
    z.union([
      z.strictObject({ event: ascii(120), expression: z.string().optional() }),
      z.strictObject({ cron: z.string().max(120) }),
    ]),
  ),
  steps: z.strictObject({
    step: z.looseObject({
      retries: z.strictObject({ attempts: z.number().int().min(0).max(20).optional() }).optional(),
    }),
  }),
  idempotency: z.string().optional(),
  concurrency: z
    .union([
      z
        .number()
        .int()
        .positive()
        .transform((limit) => [{ limit }]),
      concurrency.transform((one) => [one]),
      z.array(concurrency).max(2),
    ])
    .optional(),
  cancel: z
    .array(
      z.strictObject({
        event: ascii(120),
        if: z.string().optional(),
        timeout: z.string().optional(),
      }),
    )
    .max(5)
    .optional(),
  debounce: z
    .strictObject({ period: z.string(), key: z.string().optional(), timeout: z.string().optional() })
    .optional(),
  singleton: z.strictObject({ key: z.string().optional(), mode: z.enum(["skip", "cancel"]) }).optional(),
  timeouts: z.strictObject({ start: z.string().optional(), finish: z.string().optional() }).optional(),
});

const refused = ["rateLimit", "throttle", "batchEvents", "priority"] as const;

export type FunctionConfig = {
  id: string;
  name: string;
  maxAttempts: number;
  events: { name: string; if?: Expr }[];
  crons: string[];
  idempotency?: Expr;
  concurrency: { limit: number; key?: Expr; scope: "fn" | "env" | "account"; source: string }[];
  cancel: { event: string; if?: Expr; timeoutMs?: number }[];
  singleton?: { key?: Expr; mode: "skip" | "cancel" };
  debounce?: { key?: Expr; periodMs: number; timeoutMs?: number };
  startTimeoutMs?: number;
  finishTimeoutMs?: number;
};

/** What this process can run, and the ways into it. */
export type Registry = {
  functions: ReadonlyMap<string, FunctionConfig>;
  byEvent: ReadonlyMap<string, { fn: FunctionConfig; if?: Expr }[]>;
};

/** Thrown at start: every feature in use that the executor does not have, one line each. */
export class RegistrationError extends Error {
  constructor(problems: readonly string[]) {
    super(`The durable functions cannot be registered:\n${problems.map((line) => `- ${line}`).join("\n")}`);
    this.name = "RegistrationError";
  }
}

export function parseFunctions(raw: readonly unknown[]): Registry {
  const problems: string[] = [];
  const functions = new Map<string, FunctionConfig>();
  for (const one of raw) {
    const id = z.object({ id: z.string() }).safeParse(one).data?.id ?? "(without id)";
    const fail = (line: string) => problems.push(`${id}: ${line}`);
    const given = typeof one === "object" && one !== null ? (one as Record<string, unknown>) : {};
    const missing = refused.filter((name) => given[name] !== undefined);
    for (const name of missing) fail(`"${name}" is not supported by the embedded executor; remove it`);
    if (missing.length > 0) continue;
    // The SDK writes features that are not used as undefined; in process they are still there as keys.
    const used = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const parsed = functionSchema.safeParse(used);
    if (!parsed.success) {
      fail(z.prettifyError(parsed.error).replaceAll("\n", " "));
      continue;
    }
    functions.set(id, compile(parsed.data, fail));
  }
  if (problems.length > 0) throw new RegistrationError(problems);

  const byEvent = new Map<string, { fn: FunctionConfig; if?: Expr }[]>();
  for (const fn of functions.values()) {
    for (const event of fn.events) {
      byEvent.set(event.name, [...(byEvent.get(event.name) ?? []), { fn, if: event.if }]);
    }
  }
  return { functions, byEvent };
}

type Raw = z.output<typeof functionSchema>;

function compile(raw: Raw, fail: (line: string) => void): FunctionConfig {
  const expr = (source: string | undefined, async = false): Expr | undefined => {
    if (source === undefined) return undefined;
    try {
      const parsed = parseExpr(source);
      if (!async && usesAsync(parsed)) fail(`"async" has no meaning here: ${source}`);
      return parsed;
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const duration = (text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    const ms = parseDuration(text);
    if (ms === undefined) fail(`"${text}" is no duration`);
    return ms;
  };
  const fn: FunctionConfig = {
    id: raw.id,
    name: raw.name ?? raw.id,
    maxAttempts: (raw.steps.step.retries?.attempts ?? 4) + 1,
    events: [],
    crons: [],
    idempotency: expr(raw.idempotency),
    concurrency: (raw.concurrency ?? []).map((one) => {
      const { limit, key, scope = "fn" } = one as z.infer<typeof concurrency>;
      return { limit, key: expr(key), scope, source: key ?? "" };
    }),
    cancel: (raw.cancel ?? []).map((one) => ({
      event: one.event,
      if: expr(one.if, true),
      timeoutMs: duration(one.timeout),
    })),
    singleton: raw.singleton && { key: expr(raw.singleton.key), mode: raw.singleton.mode },
    debounce: raw.debounce && {
      key: expr(raw.debounce.key),
      periodMs: duration(raw.debounce.period) ?? 0,
      timeoutMs: duration(raw.debounce.timeout),
    },
    startTimeoutMs: duration(raw.timeouts?.start),
    finishTimeoutMs: duration(raw.timeouts?.finish),
  };
  for (const trigger of raw.triggers) {
    if ("event" in trigger) fn.events.push({ name: trigger.event, if: expr(trigger.expression) });
    else {
      if (!cronPattern(trigger.cron)) fail(`"${trigger.cron}" is no cron expression`);
      fn.crons.push(trigger.cron);
    }
  }
  return fn;
}

function cronPattern(source: string): Cron | undefined {
  const zone = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(source);
  try {
    return new Cron(zone?.[2] ?? source, { timezone: zone?.[1] ?? "UTC", paused: true });
  } catch {
    return undefined;
  }
}

/** The first slot of a cron expression after a time; `TZ=Asia/Shanghai 0 3 * * *` names a zone. */
export const nextSlot = (source: string, after: Date): Date | undefined =>
  cronPattern(source)?.nextRun(after) ?? undefined;
