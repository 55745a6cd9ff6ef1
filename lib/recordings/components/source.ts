import type { KeyPress, Span } from "../playback";

/** A recording that can be shown at any of its moments. Milliseconds from its beginning. */
export type Source = {
  duration: number;
  idle: readonly Span[];
  presses: readonly KeyPress[];
  /** Shows what was there at that moment. */
  seek(at: number): Promise<void>;
  close(): void;
};
