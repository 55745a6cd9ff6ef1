import type { ITheme } from "@xterm/xterm";

/** The sixteen colours of programs, legible on the page's own ground; contrast is raised where it is too low. */
const light = {
  black: "#24292f",
  red: "#b4231c",
  green: "#146c3e",
  yellow: "#7a4d00",
  blue: "#2f55c8",
  magenta: "#8a3fa8",
  cyan: "#0b6b7c",
  white: "#6a7280",
  brightBlack: "#5b6472",
  brightRed: "#cf3a31",
  brightGreen: "#1a7f4b",
  brightYellow: "#8f5c00",
  brightBlue: "#3f68e0",
  brightMagenta: "#a050c0",
  brightCyan: "#0f7f92",
  brightWhite: "#3b424d",
};

const dark = {
  black: "#3a414d",
  red: "#ff9087",
  green: "#62cc90",
  yellow: "#e6b45a",
  blue: "#8ea7ff",
  magenta: "#d49bf0",
  cyan: "#67cbdc",
  white: "#ccd3dd",
  brightBlack: "#7f8a9b",
  brightRed: "#ffb1aa",
  brightGreen: "#8be0af",
  brightYellow: "#f2cd88",
  brightBlue: "#b3c4ff",
  brightMagenta: "#e4bff7",
  brightCyan: "#97e0ec",
  brightWhite: "#ffffff",
};

/** The page's colours of this moment as those of a terminal. */
export function pageTheme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  const isDark = style.colorScheme.includes("dark");
  return {
    ...(isDark ? dark : light),
    background: token("--surface-raised"),
    foreground: token("--text"),
    cursor: token("--accent"),
    cursorAccent: token("--on-accent"),
    selectionBackground: isDark ? "#3b4f8f" : "#c3d1f8",
    scrollbarSliderBackground: `${token("--border-strong")}66`,
    scrollbarSliderHoverBackground: `${token("--border-strong")}aa`,
    scrollbarSliderActiveBackground: token("--border-strong"),
  };
}

/** Calls back whenever the page turns light or dark; returns how to stop. */
export function onPageTheme(turned: () => void): () => void {
  const watcher = new MutationObserver(turned);
  watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", turned);
  return () => {
    watcher.disconnect();
    system.removeEventListener("change", turned);
  };
}
