import type { SearchAddon } from "@xterm/addon-search";
import type { Terminal } from "@xterm/xterm";
import { onPageTheme, pageTheme } from "./palette";

export type Size = { cols: number; rows: number };

/** A drawn terminal, as the component and whoever feeds it use it. */
export type Screen = {
  readonly terminal: Terminal;
  readonly search: SearchAddon;
  /** Adds output; `shown` is called when it has been taken in. */
  write(data: string | Uint8Array, shown?: () => void): void;
  /** The size that fills the place it is in; null while it is not seen. */
  fitting(): Size | null;
  close(): void;
};

export type ScreenOptions = {
  label: string;
  fontSize: number;
  readOnly: boolean;
  screenReader: boolean;
  /** What the person typed, pasted or did with the mouse, and what the terminal answers by itself. */
  onInput(data: Uint8Array): void;
  /** True when the key was one of the page's own: the terminal does not see it. */
  onKey(event: KeyboardEvent): boolean;
};

const encoder = new TextEncoder();

/** Draws a terminal in `place`. xterm.js touches the window, so it is fetched here and not before. */
export async function openScreen(place: HTMLElement, options: ScreenOptions): Promise<Screen> {
  const [{ Terminal }, { FitAddon }, { SearchAddon }, { UnicodeGraphemesAddon }, { WebLinksAddon }] =
    await Promise.all([
      import("@xterm/xterm"),
      import("@xterm/addon-fit"),
      import("@xterm/addon-search"),
      import("@xterm/addon-unicode-graphemes"),
      import("@xterm/addon-web-links"),
    ]);
  const style = getComputedStyle(document.documentElement);
  const terminal = new Terminal({
    allowProposedApi: true,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    disableStdin: options.readOnly,
    fontFamily: style.getPropertyValue("--font-mono").trim() || "monospace",
    fontSize: options.fontSize,
    // In rows as high as the font, DejaVu's underscores are cut off.
    lineHeight: 1.2,
    minimumContrastRatio: 4.5,
    screenReaderMode: options.screenReader,
    scrollback: 5_000,
    theme: pageTheme(),
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new UnicodeGraphemesAddon());
  terminal.loadAddon(new WebLinksAddon((_event, address) => open(address, "_blank", "noopener,noreferrer")));
  terminal.onData((text) => options.onInput(encoder.encode(text)));
  terminal.onBinary((text) => options.onInput(Uint8Array.from(text, (char) => char.charCodeAt(0))));
  terminal.attachCustomKeyEventHandler((event) => !options.onKey(event));
  terminal.open(place);
  terminal.textarea?.setAttribute("aria-label", options.label);
  const stopTheme = onPageTheme(() => {
    terminal.options.theme = pageTheme();
  });
  return {
    terminal,
    search,
    write: (data, shown) => terminal.write(data, shown),
    fitting: () => {
      const size = place.offsetParent === null ? undefined : fit.proposeDimensions();
      if (!size || !(size.cols > 0) || !(size.rows > 0)) return null;
      return { cols: Math.max(2, Math.min(500, size.cols)), rows: Math.min(300, size.rows) };
    },
    close: () => {
      stopTheme();
      terminal.dispose();
    },
  };
}
