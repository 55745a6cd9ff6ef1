/** The steps of a start in their order: room, home, container, service. */
export const startSteps = ["place", "home", "container", "boot"] as const;
export type StartStep = (typeof startSteps)[number];

export type StepView = {
  step: StartStep;
  state: "done" | "now" | "waiting" | "failed";
  startedAt: Date | null;
  endedAt: Date | null;
};

/** Why a move is made to what gets a clean disk: its files are seen to first, and it has its place. */
export const renewReason = "renew";

/** Somebody wakes a paused instance; with a colon, why it did not wake. */
export const wakeReason = "wake";

/** Why an instance that is off did not wake when it was last asked to, as a key of `errors`; null: nothing is wrong. */
export function wakeNoteOf(moves: readonly { reason: string }[]): string | null {
  const last = moves.findLast(({ reason }) => /^(pause|resume|renew|wake(:.*)?)$/.test(reason))?.reason ?? "";
  return last.startsWith(`${wakeReason}:`) ? last.slice(wakeReason.length + 1) : null;
}

type Move = { from: string | null; to: string; reason: string; at: Date };

const startsAnew = ({ from, to, reason }: Move) =>
  reason === "claimed" || reason === renewReason || (from === "booting" && to === "provisioning");

/** Which step a move begins; the end of the one before it. */
function begins({ from, to, reason }: Move): StartStep | "ready" | null {
  if (to === "requested" || (from === "booting" && to === "provisioning")) return "place";
  if (reason === renewReason) return "home";
  // Having its place is not yet having its turn to boot.
  if (from === to && reason === "step:home") return "home";
  if (from === to && reason === "step:container") return "container";
  if (to === "booting") return "boot";
  return to === "ready" ? "ready" : null;
}

/** Where a start stands and how long each step took, read from the workspace's moves. */
export function stepsOf(all: readonly Move[]): StepView[] {
  // A warm one was booted for nobody, and one that did not wake begins once more: neither is this start.
  const moves = all.slice(Math.max(0, all.findLastIndex(startsAnew)));
  const began = new Map<StartStep | "ready", Date>();
  let stopped: Date | null = null;
  for (const move of moves) {
    const step = begins(move);
    if (step && !began.has(step)) began.set(step, move.at);
    if (move.to === "stopping") stopped ??= move.at;
  }
  const order = [...startSteps, "ready"] as const;
  const reached = order.findLastIndex((step) => began.has(step));
  return startSteps.map((step, index) => {
    const startedAt = began.get(step) ?? null;
    const next = order.slice(index + 1).find((later) => began.has(later));
    const endedAt = (next && began.get(next)) ?? null;
    if (index < reached) return { step, state: "done", startedAt, endedAt };
    if (index > reached) return { step, state: "waiting", startedAt: null, endedAt: null };
    return stopped
      ? { step, state: "failed", startedAt, endedAt: stopped }
      : { step, state: "now", startedAt, endedAt: null };
  });
}
