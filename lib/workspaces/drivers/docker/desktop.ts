import { createHash } from "node:crypto";
import type { TemplateSpec } from "@/db/schema/templates";
import { AppError } from "@/lib/platform/errors";
import type { Desktop } from "../driver";

/** Where the service inside listens, by what it speaks. */
export const servicePort = { jupyter: 8888, vnc: 5901, rdp: 3389 } as const;

/** VNC looks at eight characters only: 48 bits of the workspace's secret, which is not told by them. */
export const desktopPassword = (secret: string): string =>
  createHash("sha256").update(`labyard desktop\0${secret}`).digest("base64url").slice(0, 8);

const both = { "color-depth": "24", "enable-audio": "true" };

/** How guacd reaches the desktop at this address. */
export function desktop(
  address: string,
  { protocol }: Pick<TemplateSpec, "protocol">,
  secret: string,
): Desktop {
  const [host = "", port = ""] = address.split(":");
  const password = desktopPassword(secret);
  if (protocol === "vnc") {
    return {
      protocol,
      host,
      port: Number(port),
      parameters: { ...both, password, "audio-servername": host, "clipboard-encoding": "UTF-8" },
    };
  }
  if (protocol === "rdp") {
    return {
      protocol,
      host,
      port: Number(port),
      parameters: {
        username: "student",
        password,
        security: "any",
        "ignore-cert": "true",
        "resize-method": "display-update",
        "server-layout": "en-us-qwerty",
        "color-depth": "24",
      },
    };
  }
  throw new AppError("internal", "internal", {}, { cause: new Error(`${protocol} is no desktop`) });
}
