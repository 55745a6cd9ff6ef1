/** Why a desktop is not on the screen any more; each has a sentence under `desktop.closed`. */
export type Closing =
  | "network"
  | "gateway"
  | "desktop"
  | "refused"
  | "conflict"
  | "ended"
  | "tooMany"
  | "unsupported";

const closings: Record<number, Closing> = {
  256: "unsupported",
  512: "gateway",
  513: "gateway",
  // Ours when nothing was heard, the gateway's when the desktop is silent: both are mended by coming back.
  514: "network",
  515: "desktop",
  516: "desktop",
  517: "conflict",
  518: "ended",
  519: "desktop",
  520: "gateway",
  521: "conflict",
  522: "ended",
  523: "ended",
  768: "unsupported",
  769: "refused",
  771: "refused",
  776: "network",
  781: "unsupported",
  783: "unsupported",
  797: "tooMany",
};

/** What a Guacamole status means to a person. `heard`: whether anything ever came over this connection. */
export function closingOf(status: number, heard = true): Closing {
  // A socket that the browser closes without a word counts as "upstream not found" too.
  if (status === 0x0207 && !heard) return "network";
  return closings[status] ?? (status === 0 ? "network" : "gateway");
}

/** Whether coming back by itself may help; else a person decides. */
export const comesBack = (closing: Closing): boolean =>
  closing === "network" || closing === "gateway" || closing === "desktop" || closing === "refused";

const waits = [0, 1_000, 2_000, 4_000, 8_000];
const longest = 15_000;

/** How long to wait before the attempt of that number, from 1 on; milliseconds. */
export const waitBefore = (attempt: number): number => waits[attempt - 1] ?? longest;
