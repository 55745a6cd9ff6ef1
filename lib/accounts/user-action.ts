import type { z } from "zod";
import { type ActionResult, toActionError } from "@/lib/platform/action";
import { type Ctx, createCtx, nobody } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { AppError } from "@/lib/platform/errors";
import { requireOwnOrigin } from "@/lib/platform/own-origin";
import { errorTranslator } from "./error-translator";
import { actionCtx } from "./request";

type Verb<Input, T> = (args: { ctx: Ctx; input: Input }) => Promise<T>;

/**
 * A server action out of a schema and a verb: own origin, person, parse, act, and every error as an
 * `ActionResult`. The verb still decides who may; `ctxOf` is for the few actions of nobody.
 */
export function userAction<S extends z.ZodType, T>(
  schema: S,
  verb: Verb<z.output<S>, T>,
  ctxOf: () => Promise<Ctx> = actionCtx,
): (input: z.input<S>) => Promise<ActionResult<T>> {
  return async (input) => {
    let ctx: Ctx | undefined;
    try {
      const { headers } = await import("next/headers");
      requireOwnOrigin("POST", await headers(), env().PUBLIC_URL);
      ctx = await ctxOf();
      const parsed = await schema.safeParseAsync(input);
      if (!parsed.success) throw wrongInput(parsed.error);
      return { ok: true, data: await verb({ ctx, input: parsed.data }) };
    } catch (error) {
      // redirect() and notFound() of Next are thrown, too.
      const { unstable_rethrow } = await import("next/navigation");
      unstable_rethrow(error);
      return { ok: false, error: toActionError(error, ctx ?? createCtx(nobody), await errorTranslator()) };
    }
  };
}

/** zod's issues as one error; the form has already said the same, so one sentence for all will do. */
function wrongInput(error: z.ZodError): AppError {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const name = issue.path.join(".");
    if (name) fields[name] = "invalid";
  }
  return new AppError("invalid", "invalid", {}, { fields, cause: error });
}
