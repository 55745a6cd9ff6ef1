import type { ReactNode } from "react";
import type { z } from "zod";
import { Markdown } from "@/components/markdown/markdown";
import type { Ctx } from "@/lib/platform/context";
import { loadExperiment } from "./load";
import type { previewTextInput } from "./schema";

/**
 * The description as students will see it: drawn on the server, so that no parser goes to the browser. To draw takes
 * everybody's time; so only whoever may edit the experiment may ask for it.
 */
export async function previewText({
  ctx,
  input: { experimentId, text },
}: {
  ctx: Ctx;
  input: z.output<typeof previewTextInput>;
}): Promise<ReactNode> {
  await loadExperiment(ctx, experimentId, "edit");
  return <Markdown>{text}</Markdown>;
}
