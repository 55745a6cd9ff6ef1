import type { Terminal } from "@xterm/xterm";
import { type Cast, parseCast } from "../cast";
import { idleSpans } from "../playback";
import { readRecording, type Source } from "./source";

const theme = { background: "#14161a", foreground: "#e6e8eb" };

/** A recorded terminal, in asciicast v2. */
export async function openTerminal(url: string, place: HTMLElement, signal: AbortSignal): Promise<Source> {
  const cast = parseCast(
    await new Response((await readRecording(url, signal)).pipeThrough(new TextEncoderStream())).text(),
  );
  const [{ Terminal }] = await Promise.all([import("@xterm/xterm"), import("@xterm/xterm/css/xterm.css")]);
  signal.throwIfAborted();
  place.replaceChildren();
  const terminal = new Terminal({
    cols: cast.cols,
    rows: cast.rows,
    disableStdin: true,
    cursorBlink: false,
    scrollback: 0,
    theme,
    fontFamily: getComputedStyle(place).fontFamily,
    // As in the terminal itself: else underscores are cut off.
    lineHeight: 1.2,
  });
  terminal.open(place);
  const resize = () => fitFont(terminal, place);
  resize();
  const observer = new ResizeObserver(resize);
  observer.observe(place);
  const show = player(terminal, cast, resize);
  return {
    duration: cast.duration,
    idle: idleSpans(
      cast.events.filter(({ kind }) => kind !== "m").map(({ at }) => at),
      cast.duration,
    ),
    presses: cast.events.flatMap(({ at, kind, data }) => (kind === "i" ? [{ at, text: data }] : [])),
    seek: show,
    close: () => {
      observer.disconnect();
      terminal.dispose();
    },
  };
}

/** Writes what came between where it stands and where it shall stand; backwards it begins anew. */
function player(terminal: Terminal, cast: Cast, resized: () => void) {
  let next = 0;
  let shown = -1;
  return (at: number): Promise<void> => {
    if (at < shown) {
      terminal.reset();
      terminal.resize(cast.cols, cast.rows);
      resized();
      next = 0;
    }
    shown = at;
    for (; next < cast.events.length; next++) {
      const event = cast.events[next];
      if (!event || event.at > at) break;
      if (event.kind === "o") terminal.write(event.data);
      else if (event.kind === "r") {
        const [cols = 0, rows = 0] = event.data.split("x").map(Number);
        if (cols > 0 && rows > 0) {
          // In the order of what was written before it.
          terminal.write("", () => {
            terminal.resize(cols, rows);
            resized();
          });
        }
      }
    }
    return new Promise((resolve) => terminal.write("", resolve));
  };
}

/** The largest letters at which the whole screen of then fits the place of now. */
function fitFont(terminal: Terminal, place: HTMLElement): void {
  const screen = place.querySelector<HTMLElement>(".xterm-screen");
  if (!screen?.offsetWidth || !place.clientWidth) return;
  const size = terminal.options.fontSize ?? 15;
  const scale = Math.min(place.clientWidth / screen.offsetWidth, place.clientHeight / screen.offsetHeight);
  const wanted = Math.max(5, Math.min(18, Math.floor(size * scale)));
  if (wanted !== size) terminal.options.fontSize = wanted;
  // Rows are whole pixels high, so that they do not grow as evenly as letters do.
  const isTooLarge = () => screen.offsetWidth > place.clientWidth || screen.offsetHeight > place.clientHeight;
  for (let less = wanted - 1; less >= Math.max(5, wanted - 3) && isTooLarge(); less--)
    terminal.options.fontSize = less;
}
