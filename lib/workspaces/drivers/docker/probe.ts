import { request } from "undici";
import type { TemplateSpec } from "@/db/schema/templates";
import { probeRdp } from "./probe-rdp";
import { probeVnc } from "./probe-vnc";

/** True when the service inside answers in its own language, and, as far as that has one, to its secret. */
export async function probe(
  address: string,
  { protocol }: Pick<TemplateSpec, "protocol">,
  secret: string,
): Promise<boolean> {
  if (protocol === "vnc") return probeVnc(address, secret);
  if (protocol === "rdp") return probeRdp(address);
  return probeJupyter(address, secret);
}

const longestAnswer = 4096;

/** Jupyter's `/api` with its token: answered only when the server is up and is the one we started. */
async function probeJupyter(address: string, secret: string): Promise<boolean> {
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
