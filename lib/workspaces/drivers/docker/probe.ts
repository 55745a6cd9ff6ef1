import { request } from "undici";
import type { TemplateSpec } from "@/db/schema/templates";

const longestAnswer = 4096;

/** Jupyter's `/api` with its token: answered only when the server is up and is the one we started. */
export async function probe(
  address: string,
  _template: Pick<TemplateSpec, "protocol">,
  secret: string,
): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`http://${address}/api`, {
      headers: { authorization: `token ${secret}` },
      headersTimeout: 3_000,
      bodyTimeout: 3_000,
      signal: AbortSignal.timeout(5_000),
    });
    let text = "";
    for await (const chunk of body) {
      text += (chunk as Buffer).toString("utf8");
      if (text.length > longestAnswer) {
        body.destroy();
        return false;
      }
    }
    return statusCode === 200 && text.includes('"version"');
  } catch {
    return false;
  }
}
