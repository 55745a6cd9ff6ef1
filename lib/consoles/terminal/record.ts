import { StringDecoder } from "node:string_decoder";
import { systemCtx } from "@/lib/platform/context";
import { log } from "@/lib/platform/log";
import { beginRecording, type CastKind, castEvent, castHeader, type Recording } from "@/lib/recordings";

/** Until it is known whether this is recorded; a second's worth of a flood. */
const mostEarly = 4 * 1024 * 1024;

/** What a recorder is told of one shell; bytes are as they are and may cut a character. */
export type TerminalRecorder = {
  onOutput(bytes: Buffer): void;
  onInput(bytes: Buffer): void;
  onResize(cols: number, rows: number): void;
  /** Its shell has ended, or the terminal was closed; a new shell in it is recorded anew. */
  onEnd(): void;
};

/** Records a shell that begins, where its experiment says so. */
export function recordTerminal(workspaceId: string, cols: number, rows: number): TerminalRecorder {
  const ctx = systemCtx("recording");
  let startedAt = performance.now();
  const early: string[] = [castHeader(cols, rows, ctx.clock.now())];
  let earlyChars = 0;
  let recording: Recording | null | undefined;
  let size: [number, number] = [cols, rows];
  const shown = new StringDecoder("utf8");
  const typed = new StringDecoder("utf8");
  const write = (kind: CastKind, data: string) => {
    if (data === "" || recording === null) return;
    const line = castEvent(performance.now() - startedAt, kind, data);
    if (recording) return recording.write(line);
    earlyChars += line.length;
    if (earlyChars < mostEarly) early.push(line);
  };
  const begin = () =>
    beginRecording({ ctx, input: { workspaceId, kind: "terminal" } }).then(
      (begun) => {
        recording = begun;
        begun?.write(early.join(""));
        early.length = 0;
      },
      (error: unknown) => {
        recording = null;
        log().error({ err: error, workspaceId }, "a terminal is not recorded");
      },
    );
  let begun = begin();
  /** Consent was taken back and given again, which who types here has done: another recording. */
  const beginAgain = () => {
    recording = undefined;
    startedAt = performance.now();
    early.push(castHeader(...size, ctx.clock.now()));
    earlyChars = 0;
    begun = begin();
  };
  return {
    onOutput: (bytes) => write("o", shown.write(bytes)),
    onInput: (bytes) => {
      if (recording?.isOver()) beginAgain();
      write("i", typed.write(bytes));
    },
    onResize: (cols, rows) => {
      size = [cols, rows];
      write("r", `${cols}x${rows}`);
    },
    onEnd: () => {
      write("o", shown.end());
      // The time in which nothing was shown any more belongs to it.
      write("m", "end");
      begun.then(() => recording?.end());
    },
  };
}
