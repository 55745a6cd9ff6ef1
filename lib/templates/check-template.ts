import type { z } from "zod";
import { dryRun } from "@/lib/clouds";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { specOf } from "./fields";
import { requireRegion } from "./require-region";
import { templateFields } from "./schema";

/** What the cloud said to one way to have the instance: `code` null when it could be had now. */
export type OfferAnswer = { offer: string; code: string | null };

/**
 * Asks the cloud about every offer of a template, without making anything; throws what it refuses in all of them.
 * Nothing to ask for a container.
 */
export async function checkTemplate({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof templateFields>;
}): Promise<OfferAnswer[]> {
  requirePermission(ctx, "template.edit");
  const spec = specOf(templateFields.parse(input));
  if (spec.driver === "docker") return [];
  await requireRegion(ctx, spec);
  return dryRun({ ctx, input: { spec } });
}
