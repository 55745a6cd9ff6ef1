import { request } from "undici";
import { z } from "zod";
import type { TemplateSpec } from "@/db/schema/templates";
import type { WorkspaceRef } from "../driver";
import { computes } from "./computes";

const longestAnswer = 256 * 1024;
const kernels = z.array(z.object({ execution_state: z.string().optional() }));

/**
 * Whether a kernel of the Jupyter inside computes now; null when it does not say. What it says is a student's word.
 * Of a desktop: whether its programs took much of a core over the last minutes; null until that can be told.
 */
export async function busy(
  address: string,
  { protocol }: Pick<TemplateSpec, "protocol">,
  secret: string,
  workspace?: WorkspaceRef,
): Promise<boolean | null> {
  if (protocol !== "jupyter") return workspace ? computes(workspace) : false;
  try {
    const { statusCode, body } = await request(`http://${address}/api/kernels`, {
      headers: { authorization: `token ${secret}` },
      headersTimeout: 3_000,
      bodyTimeout: 3_000,
      signal: AbortSignal.timeout(5_000),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > longestAnswer) return null;
      chunks.push(chunk);
    }
    if (statusCode !== 200) return null;
    const found = kernels.safeParse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    return found.success ? found.data.some((kernel) => kernel.execution_state === "busy") : null;
  } catch {
    return null;
  }
}
