export type ResetNote =
  | { kind: "done" }
  | { kind: "refused" }
  | { kind: "filled"; written: number; refused: number };

/** What a workspace's moves tell of how its home was made anew, as `lib/workspaces/renew.ts` writes it. */
export function resetNoteOf(moves: readonly { reason: string }[]): ResetNote | null {
  const reason = moves.findLast((move) => move.reason.startsWith("reset:"))?.reason;
  if (!reason) return null;
  const [, kind, written, refused] = reason.split(":");
  if (kind === "filled") return { kind, written: Number(written), refused: Number(refused) };
  return kind === "refused" ? { kind } : { kind: "done" };
}
