import { keys } from "./typist";

/** Always there, so that a soft keyboard's backspace has something to delete and says so. */
const sentinel = "\u200b";

export type TextHands = {
  /** A text was written: by an input method, a soft keyboard, dictation. */
  text(text: string): void;
  /** A key that soft keyboards tell only by what it would do. */
  key(keysym: number): void;
  /** A paste by keys; null: there is no text in this computer's clipboard. */
  paste(text: string | null, chord: readonly number[]): void;
  /** A composition goes on, or has ended. */
  composing(composing: boolean): void;
};

const edits: Record<string, number> = {
  insertLineBreak: keys.enter,
  insertParagraph: keys.enter,
  deleteContentBackward: keys.backspace,
  deleteWordBackward: keys.backspace,
  deleteContentForward: keys.delete,
};

/** Letters that mean the same with Command here as with Control there. */
const commands = "acfsxz";
const mac = () => /^mac/i.test(navigator.platform);

/**
 * Takes text out of a field that nobody sees. What belongs to an input method never gets to the keyboard handler
 * of the desktop, which would type it key by key.
 */
export function listenToField(field: HTMLTextAreaElement, hands: TextHands): () => void {
  const controller = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(type: K, hear: (event: HTMLElementEventMap[K]) => void) =>
    field.addEventListener(type, hear as EventListener, { signal: controller.signal });
  let chord: readonly number[] | null = null;
  const paste = (text: string | null) => {
    if (chord) hands.paste(text, chord);
    chord = null;
  };
  const clear = () => {
    field.value = sentinel;
    field.setSelectionRange(1, 1);
  };
  clear();

  // Captured above the field, where the desktop's keyboard would hear it first.
  const keydown = (event: KeyboardEvent) => {
    if (event.target !== field || event.isComposing || event.altKey) return;
    const letter = event.key.toLowerCase();
    const command = event.metaKey && mac();
    if (letter === "v" && (event.ctrlKey || command)) {
      event.stopImmediatePropagation();
      if (event.repeat) return event.preventDefault();
      chord = event.shiftKey ? [keys.control, keys.shift, keys.v] : [keys.control, keys.v];
      // A browser with an empty clipboard may say nothing; the desktop's own may have something.
      setTimeout(() => paste(null), 100);
    } else if (command && !event.ctrlKey && commands.includes(letter)) {
      event.stopImmediatePropagation();
      event.preventDefault();
      hands.paste(null, [keys.control, letter.charCodeAt(0)]);
    }
  };
  window.addEventListener("keydown", keydown, { capture: true, signal: controller.signal });

  on("paste", (event) => {
    event.preventDefault();
    event.stopPropagation();
    chord ??= [keys.control, keys.v];
    paste(event.clipboardData?.getData("text/plain") || null);
  });
  on("copy", (event) => event.preventDefault());
  on("cut", (event) => event.preventDefault());
  on("beforeinput", (event) => {
    const { inputType, data, isComposing } = event as InputEvent;
    if (isComposing || /composition/i.test(inputType)) return;
    event.preventDefault();
    const key = edits[inputType];
    if (key) hands.key(key);
    else if (inputType.startsWith("insert") && inputType !== "insertFromPaste" && data) hands.text(data);
  });
  on("input", (event) => event.stopPropagation());
  on("compositionstart", (event) => {
    event.stopPropagation();
    hands.composing(true);
  });
  on("compositionend", (event) => {
    event.stopPropagation();
    hands.composing(false);
    if (event.data) hands.text(event.data);
    // Not now: input methods still look at the field.
    setTimeout(() => {
      if (!controller.signal.aborted) clear();
    });
  });
  return () => controller.abort();
}
