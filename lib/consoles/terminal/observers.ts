/** What somebody who looks on is told of one terminal; bytes are as they are and may cut a character. */
export type TerminalObserver = {
  onOutput(bytes: Buffer): void;
  onInput?(bytes: Buffer): void;
  onResize?(cols: number, rows: number): void;
  /** Its shell has ended, or the terminal was closed; a new shell in it is observed anew. */
  onEnd?(code: number | null): void;
};

/** A shell that begins, as observers know it. */
export type ObservedTerminal = {
  workspaceId: string;
  terminalId: number;
  cols: number;
  rows: number;
};

type Look = (terminal: ObservedTerminal) => TerminalObserver | null;

// On globalThis: whoever observes may live in the other bundle.
const shared = globalThis as typeof globalThis & { labyardTerminalObservers?: Set<Look> };

/** Asks `look` of every shell that begins from now on whether it is to be observed; returns how to stop asking. */
export function observeTerminals(look: Look): () => void {
  shared.labyardTerminalObservers ??= new Set();
  shared.labyardTerminalObservers.add(look);
  return () => shared.labyardTerminalObservers?.delete(look);
}

export const observersOf = (terminal: ObservedTerminal): TerminalObserver[] =>
  [...(shared.labyardTerminalObservers ?? [])].flatMap((look) => look(terminal) ?? []);
