/** How far this process is; the words are shown to operators by /api/health. */
export type Phase = "database" | "migrations" | "start" | "app" | "jobs" | "ready" | "stopping";

// On globalThis: server.ts moves it on, Next's bundle shows it (*Jobs → System*).
const shared = globalThis as typeof globalThis & { labyardPhase?: { phase: Phase; since: number } };

export function enterPhase(phase: Phase): void {
  shared.labyardPhase = { phase, since: performance.now() };
}

export const currentPhase = (): { phase: Phase; seconds: number } => ({
  phase: shared.labyardPhase?.phase ?? "ready",
  seconds: Math.round((performance.now() - (shared.labyardPhase?.since ?? 0)) / 1000),
});
