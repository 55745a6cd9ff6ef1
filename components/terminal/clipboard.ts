import type { Terminal } from "@xterm/xterm";

/** Copies what is selected; on plain http the browser has no clipboard for scripts but the old command. */
export function copySelection(terminal: Terminal): void {
  const text = terminal.getSelection();
  if (!text) return;
  const old = () => {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "fixed opacity-0";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    terminal.focus();
  };
  if (!navigator.clipboard) old();
  else navigator.clipboard.writeText(text).catch(old);
}

/** Pastes from a button; false where the browser does not let a script read, and a key must do it. */
export async function pasteInto(terminal: Terminal): Promise<boolean> {
  try {
    terminal.paste(await navigator.clipboard.readText());
    return true;
  } catch {
    return false;
  }
}
