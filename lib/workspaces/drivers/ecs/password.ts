import { createHash } from "node:crypto";

/**
 * The password of an instance's account, out of the workspace's secret, so that nobody has to keep it: 24 characters,
 * 120 bits, by the rules of Alibaba Cloud (8 to 30, three of four kinds, no `/` in front) and of Windows, plain in shells
 * and scripts.
 */
export const passwordOf = (secret: string): string =>
  // The first three make sure of three kinds whatever the rest is.
  `Ly7${createHash("sha256").update(`labyard instance\0${secret}`).digest("base64url").replaceAll(/[-_]/g, "x").slice(0, 21)}`;
