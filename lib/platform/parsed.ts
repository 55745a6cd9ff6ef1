import type { z } from "zod";
import { AppError } from "./errors";

/** What came in as the schema says; anything else is `invalid`. */
export function parsed<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const result = schema.safeParse(given);
  if (!result.success) throw new AppError("invalid", "invalid", {}, { cause: result.error });
  return result.data;
}
