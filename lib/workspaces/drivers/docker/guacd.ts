import { unavailable } from "@/lib/platform/errors";
import type { Guacd, HostRef } from "../driver";

export async function ensureGuacd(_host: HostRef): Promise<Guacd> {
  throw unavailable("hostError", new Error("not yet"));
}
