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

/** The text of a recording as it comes in. */
export async function readRecording(url: string, signal: AbortSignal): Promise<ReadableStream<string>> {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Error(String(response.status));
  return response.body.pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream());
}
