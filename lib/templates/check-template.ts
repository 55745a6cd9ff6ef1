import type { z } from "zod";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { specOf } from "./fields";
import { requireRegion } from "./require-region";
import { templateFields } from "./schema";

/** Asks the cloud whether it would make such an instance; throws what it refuses. Nothing to ask for a container. */
export async function checkTemplate({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof templateFields>;
}): Promise<void> {
  requirePermission(ctx, "template.edit");
  await requireRegion(ctx, specOf(templateFields.parse(input)));
}
