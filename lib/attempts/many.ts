import type { z } from "zod";
import type { Ctx } from "@/lib/platform/context";
import { type EachResult, forEach } from "@/lib/workspaces";
import { endAttempt } from "./end";
import { extendAttempt } from "./extend";
import { endManyInput, extendManyInput } from "./schema";

/** Ends many attempts; each is authorized and recorded on its own. */
export async function endAttempts({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof endManyInput>;
}): Promise<EachResult> {
  const { attemptIds } = endManyInput.parse(input);
  return forEach(ctx, attemptIds, (attemptId) => endAttempt({ ctx, input: { attemptId } }));
}

/** Gives many attempts the same more time; those whose clock does not run are refused one by one. */
export async function extendAttempts({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof extendManyInput>;
}): Promise<EachResult> {
  const { attemptIds, minutes } = extendManyInput.parse(input);
  return forEach(ctx, attemptIds, (attemptId) => extendAttempt({ ctx, input: { attemptId, minutes } }));
}
