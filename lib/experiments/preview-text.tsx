import type { ReactNode } from "react";
import type { z } from "zod";
import { Markdown } from "@/components/markdown/markdown";
import { type Ctx, requireUser } from "@/lib/platform/context";
import type { previewTextInput } from "./schema";

/** The description as students will see it: drawn on the server, so that no parser goes to the browser. */
export async function previewText({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.output<typeof previewTextInput>;
}): Promise<ReactNode> {
  requireUser(ctx);
  return <Markdown>{input.text}</Markdown>;
}
